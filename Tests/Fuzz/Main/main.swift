import Base
import Glibc
import MultipartFuzz
import UploadCore

// multipart-fuzz loop CORPUS SECONDS [SEED]   looks for bodies that the parser treats wrongly
// multipart-fuzz parse                        prints what it makes of {"content_type","body"} lines, body in base64

func say(_ text: String) { print(text) }

func loop(corpus: String, seconds: Int64, seed: UInt64) throws -> Int32 {
    let bodies = MultipartFuzzer.corpus(in: corpus)
    guard !bodies.isEmpty else {
        say("no *.form in \(corpus)")
        return 2
    }
    var fuzzer = try MultipartFuzzer(corpus: bodies, seed: seed)
    let end = ContinuousClock.now + .seconds(seconds)
    var count = 0
    while ContinuousClock.now < end {
        for _ in 0..<100 {
            count += 1
            guard let finding = fuzzer.step() else { continue }
            say("body \(count) of seed \(seed): \(finding.problem)\n\(Base64.encode(finding.body))")
            return 1
        }
    }
    say("\(count) bodies of seed \(seed): nothing found")
    return 0
}

func parse(_ line: String) -> [UInt8] {
    var json = JSONWriter()
    guard let request = try? JSONValue(parsing: Array(line.utf8)), let type = request["content_type"]?.string,
        let body = request["body"]?.string.flatMap({ Base64.decode($0) })
    else { preconditionFailure("a malformed line") }
    do throws(MultipartError) {
        let trace = ParserTrace(of: body, boundary: try MultipartBoundary(contentType: type))
        var parts: [(headers: PartHeaders, data: [UInt8])] = []
        for step in trace.steps {
            switch step {
            case .began(let headers): parts.append((headers, []))
            case .data(let bytes): parts[parts.count - 1].data = bytes
            case .failed(let error): throw error
            case .ended, .finished: break
            }
        }
        json.object { json in
            json.key("parts")
            json.array(parts) { json, part in
                json.object { json in
                    json.member("name", part.headers.name)
                    json.member("filename", part.headers.filename)
                    json.member("data", Base64.encode(part.data))
                }
            }
        }
    } catch {
        json.object { $0.member("error", "\(error)") }
    }
    return json.bytes
}

let arguments = CommandLine.arguments
switch arguments.dropFirst().first {
case "loop" where arguments.count >= 4:
    let seed = arguments.count > 4 ? UInt64(arguments[4]) ?? 0 : UInt64.random(in: 0...UInt64.max)
    exit(try loop(corpus: arguments[2], seconds: Int64(arguments[3]) ?? 60, seed: seed))
case "parse":
    while let line = readLine() { say(String(decoding: parse(line), as: UTF8.self)) }
default:
    say("usage: multipart-fuzz loop CORPUS SECONDS [SEED] | parse")
    exit(2)
}
