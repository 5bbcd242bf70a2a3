//! The USART protocol (ST AN3155).
