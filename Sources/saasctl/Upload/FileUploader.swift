import Base
import Contract
import Crypto

/// Brings one file after the other into a tenant.
struct FileUploader {
    let client: ServiceClient
    let tenant: TenantID
    /// Declared for every file; nil leaves the type to the service.
    let mediaType: String?
    /// Sends also what the tenant has already.
    let sendsAgain: Bool
    let console: Console

    /// Looks whether the tenant has the file, and sends it if not. A failure of this file alone is a result.
    ///
    /// - Throws: what makes no sense to go on after: not signed in, no such tenant, no right, no service.
    func upload(_ path: String) throws(Failure) -> UploadResult {
        let bar = ProgressBar(path, console)
        defer { bar.clear() }
        let file: LocalFile
        do {
            file = try LocalFile(path) { bar.show($0, of: $1) }
        } catch {
            guard case .failed(let sentence) = error else { throw error }
            return UploadResult(path: path, status: .failed, problem: sentence)
        }
        bar.clear()
        var result = UploadResult(path: path, status: .uploaded, sha256: file.sha256, size: file.size)
        if !sendsAgain, let known = try find(file) {
            result = UploadResult(path: path, status: .skipped, sha256: file.sha256, size: file.size)
            result.documentID = known["id"]?.string
            result.fileID = known["file_id"]?.string
            return result
        }
        let form = UploadForm(file, mediaType: mediaType)
        let progress = ProgressBar(path, console)
        defer { progress.clear() }
        let answer: ServiceAnswer
        do throws(Failure) {
            answer = try client.post(documents, form, idempotencyKey: Self.newKey()) { sent in
                progress.show(sent, of: form.length)
            }
        } catch {
            guard !file.isWhole else { throw error }
            return UploadResult(
                path: path, status: .failed, sha256: file.sha256, size: file.size, problem: Self.changed)
        }
        result.uploadID = answer.uploadID
        guard answer.isSuccess, let document = answer.data else {
            try check(answer)
            let problem = answer.code == "DIGEST_MISMATCH" ? Self.changed : answer.sentence
            return UploadResult(
                path: path, status: .failed, sha256: file.sha256, size: file.size, uploadID: answer.uploadID,
                problem: problem)
        }
        result.documentID = document["id"]?.string
        result.fileID = document["file_id"]?.string
        return result
    }

    private static let changed = "it changed while it was sent"

    private var documents: String { "/api/tenants/\(tenant)/documents" }

    /// A document of the tenant with this name and content.
    private func find(_ file: LocalFile) throws(Failure) -> JSONValue? {
        let answer = try client.get(
            documents, query: [("sha256", file.sha256), ("filename", file.name), ("per_page", "100")])
        guard answer.isSuccess else {
            try check(answer)
            // A name that cannot be asked for; the upload will say what is wrong with it.
            return nil
        }
        guard case .array(let found)? = answer.data?["documents"] else { return nil }
        // The filter finds names that contain this one, too.
        return found.first { $0["filename"]?.string == file.name }
    }

    /// - Throws: when the answer speaks of the caller or the tenant, not of the file.
    private func check(_ answer: ServiceAnswer) throws(Failure) {
        if [401, 403, 404].contains(answer.status) { throw .failed(answer.sentence) }
    }

    private static func newKey() -> String { "saasctl-" + Hex.encode(Random.bytes(16)) }
}
