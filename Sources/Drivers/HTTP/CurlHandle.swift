import Base
import CCurl
import Glibc

/// The owner of one libcurl easy handle with its open connections and its name cache.
final class CurlHandle: @unchecked Sendable {  // HTTPClient lends it to one thread at a time
    private let easy: UnsafeMutableRawPointer
    private let errorText = UnsafeMutableBufferPointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private let caFile: String?

    init?(caFile: String?) {
        guard let easy = curl_easy_init() else {
            errorText.deallocate()
            return nil
        }
        self.easy = easy
        self.caFile = caFile
    }

    deinit {
        curl_easy_cleanup(easy)
        errorText.deallocate()
    }

    /// Sends one request; see `HTTPClient.send`.
    func perform(
        _ request: HTTPRequest, sink: ((UnsafeRawBufferPointer) -> Bool)?
    ) throws(HTTPError) -> HTTPResponse {
        let transfer = try CurlTransfer(request, sink: sink)
        // Takes every option of the request before back and keeps the connections.
        curl_easy_reset(easy)
        errorText.initialize(repeating: 0)
        let headers = try Self.headerList(request.headers)
        defer { curl_slist_free_all(headers) }
        setConstantOptions()
        setTimeouts(request.timeouts)
        setMethod(request.method, bodyBytes: transfer.bodyBytes)
        setCallbacks(transfer)
        saas_curl_set_pointer(easy, CURLOPT_HTTPHEADER, headers)
        guard saas_curl_set_text(easy, CURLOPT_URL, request.url) == CURLE_OK else { throw .other("out of memory") }

        let code = withExtendedLifetime(transfer) {
            let code = curl_easy_perform(easy)
            guard code == CURLE_SEND_ERROR, keptConnectionWasDead(transfer), transfer.seekBody(to: 0) else {
                return code
            }
            errorText.initialize(repeating: 0)
            saas_curl_set_long(easy, CURLOPT_FRESH_CONNECT, 1)
            return curl_easy_perform(easy)
        }
        let status = saas_curl_get_long(easy, CURLINFO_RESPONSE_CODE)
        if code == CURLE_OK, !transfer.headIsComplete { throw .brokenOff("the answer's head was cut") }
        if code == CURLE_OK || transfer.stoppedBySink { return transfer.response(status: status) }
        if transfer.isTooLarge { throw .responseTooLarge }
        throw error(code)
    }

    /// Whether the server had closed a connection that was kept before this request went out on it. libcurl sends again
    /// itself when it learns of that before the body or while it waits for the answer, but not when a write of the body
    /// fails. Nothing can have come of the request: its body was not sent to its end.
    private func keptConnectionWasDead(_ transfer: CurlTransfer) -> Bool {
        saas_curl_get_long(easy, CURLINFO_NUM_CONNECTS) == 0 && !transfer.answerHasBegun
    }

    private func setConstantOptions() {
        saas_curl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        saas_curl_set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        saas_curl_set_long(easy, CURLOPT_FOLLOWLOCATION, 0)
        // A handle serves one request at a time: HTTP/2 would only add its framing.
        saas_curl_set_long(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        // The path is signed as it stands: `/./` must not be taken out.
        saas_curl_set_long(easy, CURLOPT_PATH_AS_IS, 1)
        saas_curl_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1)
        saas_curl_set_long(easy, CURLOPT_BUFFERSIZE, 128 << 10)
        saas_curl_set_long(easy, CURLOPT_UPLOAD_BUFFERSIZE, 128 << 10)
        saas_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText.baseAddress)
        if let caFile { saas_curl_set_text(easy, CURLOPT_CAINFO, caFile) }
    }

    private func setTimeouts(_ timeouts: HTTPTimeouts) {
        saas_curl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, Int(max(1, timeouts.connect.milliseconds)))
        saas_curl_set_long(easy, CURLOPT_LOW_SPEED_LIMIT, 1024)
        saas_curl_set_long(easy, CURLOPT_LOW_SPEED_TIME, Int(max(1, timeouts.stall.milliseconds / 1000)))
        if let total = timeouts.total {
            saas_curl_set_long(easy, CURLOPT_TIMEOUT_MS, Int(max(1, total.milliseconds)))
        }
    }

    private func setMethod(_ method: String, bodyBytes: Int64?) {
        if method == "HEAD" {
            saas_curl_set_long(easy, CURLOPT_NOBODY, 1)
            return
        }
        if bodyBytes != nil || method == "PUT" || method == "POST" {
            saas_curl_set_long(easy, CURLOPT_UPLOAD, 1)
            saas_curl_set_offset(easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(bodyBytes ?? 0))
        }
        saas_curl_set_text(easy, CURLOPT_CUSTOMREQUEST, method)
    }

    private func setCallbacks(_ transfer: CurlTransfer) {
        let context = Unmanaged.passUnretained(transfer).toOpaque()
        saas_curl_set_transfer(easy, CURLOPT_HEADERFUNCTION, receiveHeader)
        saas_curl_set_pointer(easy, CURLOPT_HEADERDATA, context)
        saas_curl_set_transfer(easy, CURLOPT_WRITEFUNCTION, receiveBody)
        saas_curl_set_pointer(easy, CURLOPT_WRITEDATA, context)
        saas_curl_set_transfer(easy, CURLOPT_READFUNCTION, readBody)
        saas_curl_set_pointer(easy, CURLOPT_READDATA, context)
        // Without it a request on a kept connection that turns out dead could not be sent again.
        saas_curl_set_seek(easy, seekBody)
        saas_curl_set_pointer(easy, CURLOPT_SEEKDATA, context)
    }

    /// The headers as libcurl's list, to be freed by the caller, and an empty `Expect:` so that no upload waits a
    /// second for a `100 Continue`.
    private static func headerList(
        _ headers: [(name: String, value: String)]
    ) throws(HTTPError) -> UnsafeMutablePointer<curl_slist>? {
        var list = curl_slist_append(nil, "Expect:")
        for (name, value) in headers {
            // A line break would start another header, a NUL would cut this one.
            guard !(name + value).utf8.contains(where: { $0 == 0 || $0 == 10 || $0 == 13 }) else {
                curl_slist_free_all(list)
                throw .other("the header \(name) holds a control character")
            }
            // A header without value ends in a semicolon here: with a colon libcurl would leave it out.
            list = curl_slist_append(list, value.isEmpty ? "\(name);" : "\(name): \(value)")
        }
        return list
    }

    private func error(_ code: CURLcode) -> HTTPError {
        let detail = errorText.baseAddress.map { String(cString: $0) } ?? ""
        let text = detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
        switch code {
        case CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT:
            return .couldNotConnect(text)
        case CURLE_OPERATION_TIMEDOUT:
            let sent = saas_curl_get_offset(easy, CURLINFO_PRETRANSFER_TIME_T) > 0
            return sent ? .timedOut(text) : .couldNotConnect(text)
        case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_SSL_CONNECT_ERROR,
            CURLE_WEIRD_SERVER_REPLY, CURLE_SEND_FAIL_REWIND:
            return .brokenOff(text)
        default: return .other(text)
        }
    }
}

// libcurl calls these on the thread that is inside curl_easy_perform; `context` is the CurlTransfer of the request,
// which `perform` keeps alive.

private func transfer(_ context: UnsafeMutableRawPointer?) -> CurlTransfer? {
    context.map { Unmanaged<CurlTransfer>.fromOpaque($0).takeUnretainedValue() }
}

private func receiveHeader(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    transfer(context)?.receiveHeader(UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
}

private func receiveBody(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    transfer(context)?.receiveBody(UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
}

private func readBody(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    transfer(context)?.readBody(into: UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
        ?? Int(CURL_READFUNC_ABORT)
}

private func seekBody(_ context: UnsafeMutableRawPointer?, _ offset: curl_off_t, _ origin: Int32) -> Int32 {
    guard origin == SEEK_SET, let transfer = transfer(context), transfer.seekBody(to: Int64(offset)) else {
        return Int32(CURL_SEEKFUNC_FAIL)
    }
    return Int32(CURL_SEEKFUNC_OK)
}
