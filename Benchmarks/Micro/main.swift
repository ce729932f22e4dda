import Base
import Contract
import Crypto
import Domain
import TestSupport
import UploadCore
import Web

// What single parts of a request cost, each in a loop on one thread. One line of JSON a part: its name, nanoseconds of
// one run (the fastest of five rounds), and the bytes that one run works on.
//
//   bench-micro [NAME…]

/// Runs the closure for a tenth of a second five times.
func measure(_ name: String, bytes: Int = 0, _ body: () -> Int) {
    let wanted = CommandLine.arguments.dropFirst()
    guard wanted.isEmpty || wanted.contains(name) else { return }
    var best = Double.infinity
    var kept = 0
    for _ in 0..<5 {
        let begun = ContinuousClock.now
        var runs = 0
        repeat {
            for _ in 0..<16 { kept &+= body() }
            runs += 16
        } while ContinuousClock.now - begun < .milliseconds(100)
        best = min(best, Double((ContinuousClock.now - begun).microseconds) * 1000 / Double(runs))
    }
    // What the runs gave is used, so that none is left out.
    precondition(kept != Int.min)
    var json = JSONWriter()
    json.object { json in
        json.member("name", name)
        json.key("nanoseconds")
        json.value(best)
        json.member("bytes", Int64(bytes))
    }
    print(String(decoding: json.bytes, as: UTF8.self))
}

let now = SystemClock().now()

// Router.
let product = try InMemoryProduct()
let router = Router(
    HealthRoutes(health: product.health).routes + AuthRoutes(auth: product.auth).routes
        + UserRoutes(users: product.users, auth: product.auth).routes
        + TenantRoutes(tenants: product.tenants, members: product.members, users: product.users).routes
        + MemberRoutes(members: product.members).routes
        + DocumentRoutes(documents: product.documents, uploads: product.uploads).routes
        + FileRoutes(files: product.files).routes)
let segments = [
    "api", "tenants", "0190c3d2-0000-7000-8000-000000000001", "documents", "0190c3d2-0000-7000-8000-000000000002",
]
measure("router") { (try? router.match(.get, segments))?.route.pattern.utf8.count ?? 0 }

// JSON.
let document: JSONValue = .object([
    "id": .string("0190c3d2-0000-7000-8000-000000000002"), "filename": .string("quarterly \"report\" ü.pdf"),
    "mime_type": .string("application/pdf"), "created_at": .string("2026-01-01T00:00:00Z"),
    "file_size": .integer(123_456),
])
let list = JSONValue.object(["documents": .array(Array(repeating: document, count: 20))])
let listText = list.jsonBytes
measure("json.write", bytes: listText.count) { list.jsonBytes.count }
measure("json.parse", bytes: listText.count) { (try? JSONValue(parsing: listText)) == nil ? 0 : 1 }

// Token.
let signer = TokenSigner(keys: [TokenKey(secret: [UInt8](repeating: 7, count: 32))])
let seconds = now.seconds
let claims = TokenClaims(
    subject: segments[2], tokenID: segments[4], type: .access, family: segments[2], issuedAt: seconds,
    expiresAt: seconds + 900)
let token = signer.sign(claims)
measure("token.sign") { signer.sign(claims).utf8.count }
measure("token.verify") { (try? signer.verify(token, at: now, expecting: .access)) == nil ? 0 : 1 }

// Upload grant.
if let key = try? SigningKey() {
    let grant = UploadGrant(
        uploadID: .random(), tenantID: .random(), userID: .random(), requestID: "request", tokenID: segments[4],
        tokenFamily: segments[2], maxBytes: 104_857_600, expires: now + .seconds(600))
    let signed = grant.signed(with: key)
    let publicKey = key.verifyingKey
    measure("grant.sign") { grant.signed(with: key).utf8.count }
    measure("grant.verify") { UploadGrant(verifying: signed, with: publicKey, at: now) == nil ? 0 : 1 }
    measure("grant.verify by signer") { UploadGrant(verifying: signed, by: key, at: now) == nil ? 0 : 1 }
}

// Multipart parser: a form of 1 MiB in pieces of 96 KiB.
var form = Array("--bench\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n".utf8)
form += (0..<1_048_576).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
form += Array("\r\n--bench--\r\n".utf8)
if let boundary = try? MultipartBoundary(contentType: "multipart/form-data; boundary=bench") {
    measure("multipart", bytes: form.count) {
        form.withUnsafeBytes { form in
            var parser = MultipartParser(boundary: boundary)
            var count = 0
            for start in stride(from: 0, to: form.count, by: 98_304) {
                var piece = UnsafeRawBufferPointer(rebasing: form[start..<min(form.count, start + 98_304)])
                while let event = try? parser.next(&piece) {
                    if case .data(let bytes) = event { count += bytes.count }
                }
            }
            return count
        }
    }
}
