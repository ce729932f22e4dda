-- What a run of the bench sends and reports. Set before this text by who runs it: `body_file`, and for uploads of new
-- content `fresh_at`, where in the body eight random bytes go; `wanted`, a pattern of the one status that is no error,
-- else all below 400 are none. Prints one line of JSON.
--
-- wrk calls `request` and `response` only where they are defined, and each call takes the processor from the stack that is
-- measured: without them it sends one request over and over and counts the errors by itself.
local bad = 0
local threads = {}

if body_file then
  local file = assert(io.open(body_file, "rb"))
  wrk.body = file:read("*a")
  file:close()
end

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init()
  failed = 0
  count = 0
  math.randomseed(os.time() * 1000 + number * 7919 + tonumber(tostring({}):match("0x(%x+)"), 16) % 100003)
end

if fresh_at then
  function request()
    count = count + 1
    local fresh = string.format("%08x%08x%08d", math.random(0, 0x7fffffff), math.random(0, 0x7fffffff), count)
    return wrk.format(nil, nil, nil, wrk.body:sub(1, fresh_at) .. fresh .. wrk.body:sub(fresh_at + 25))
  end
end

if wanted then
  function response(status)
    if not tostring(status):match(wanted) then failed = failed + 1 end
  end
end

function done(summary, latency)
  for _, thread in ipairs(threads) do bad = bad + (thread:get("failed") or 0) end
  local e = summary.errors
  if not wanted then bad = e.status end
  io.write(string.format('{"requests":%d,"seconds":%.6f,"errors":%d,"p50":%.3f,"p99":%.3f}\n', summary.requests,
    summary.duration / 1e6, bad + e.connect + e.read + e.write + e.timeout, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3))
end
