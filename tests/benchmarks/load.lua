-- Every request is put together beforehand but for the reader's address; the order is fixed, so all servers get the same.
local addresses, heads, tails, n = {}, {}, "", 0

local function lines(name)
  local found = {}
  for line in io.lines(name) do found[#found + 1] = line end
  return found
end

function init(args)
  addresses = lines(args[1])
  for _, path in ipairs(lines(args[2])) do
    heads[#heads + 1] = "GET " .. path .. " HTTP/1.1\r\nX-Forwarded-For: "
  end
  tails = "\r\n" .. table.concat(lines(args[3]), "\r\n") .. "\r\n\r\n"
end

function request()
  n = n + 1
  return heads[n % #heads + 1] .. addresses[(n * 7919) % #addresses + 1] .. tails
end

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('RESULT {"requests": %d, "microseconds": %d, "bytes": %d, "p50": %d, "p99": %d, "wrong": %d}',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
