-- What a run of the bench sends and reports. Arguments: the file of the request's body ("-" for none) and, for uploads
-- of new content, where in it eight random bytes go. Prints one line of JSON.
local body, at
local bad = 0
local threads = {}

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init(args)
  math.randomseed(os.time() * 1000 + number * 7919 + tonumber(tostring({}):match("0x(%x+)"), 16) % 100003)
  if args[1] and args[1] ~= "-" then
    local file = assert(io.open(args[1], "rb"))
    body = file:read("*a")
    file:close()
    wrk.body = body
  end
  at = tonumber(args[2] or "")
  wanted = args[3] or "^2"
  failed = 0
  count = 0
end

function request()
  if not at then return wrk.format() end
  count = count + 1
  local fresh = string.format("%08x%08x%08d", math.random(0, 0x7fffffff), math.random(0, 0x7fffffff), count)
  return wrk.format(nil, nil, nil, body:sub(1, at) .. fresh .. body:sub(at + 25))
end

function response(status)
  if not tostring(status):match(wanted) then failed = failed + 1 end
end

function done(summary, latency)
  for _, thread in ipairs(threads) do bad = bad + (thread:get("failed") or 0) end
  local e = summary.errors
  io.write(string.format('{"requests":%d,"seconds":%.6f,"errors":%d,"p50":%.3f,"p99":%.3f}\n', summary.requests,
    summary.duration / 1e6, bad + e.connect + e.read + e.write + e.timeout, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3))
end
