// Says when so many ms are over: see rest.js.
onmessage = ({ data: [wait, ms] }) => setTimeout(() => postMessage(wait), ms);
