-- What wrk's clients ask for:  wrk … -s bench-station.lua URL -- latest KEY DEVICES RELEASES
--                              wrk … -s bench-station.lua URL -- range PATH SIZE LENGTH
-- Prints in one line: requests, bytes, seconds, the 99th percentile in milliseconds, answers that are wrong.

local threads = 0

function setup(thread)
    threads = threads + 1
    thread:set("seed", threads)
end

function init(args)
    math.randomseed(seed)
    local ask = {}
    -- Each device runs one of the releases, and asks with its own serial number.
    function ask.latest(key, devices, releases)
        local headers = { ["Memfault-Project-Key"] = key }
        return function()
            local device = math.random(0, devices - 1)
            local path = "/api/v0/releases/latest?device_serial=D%06d&hardware_version=mp&software_type=stm32-fw"
            path = path .. "&current_version=1.%d.0"
            return wrk.format("GET", path:format(device, device % releases), headers)
        end
    end
    -- Ranges begin anywhere.
    function ask.range(path, size, length)
        return function()
            local first = math.random(0, size - length)
            return wrk.format("GET", path, { Range = ("bytes=%d-%d"):format(first, first + length - 1) })
        end
    end
    local kind = ask[args[1]]
    request = kind(args[2], tonumber(args[3]), tonumber(args[4]))
end

function done(summary, latency)
    local wrong = 0
    for _, count in pairs(summary.errors) do wrong = wrong + count end
    print(("%d %d %.6f %.3f %d"):format(
        summary.requests, summary.bytes, summary.duration / 1e6, latency:percentile(99) / 1e3, wrong))
end
