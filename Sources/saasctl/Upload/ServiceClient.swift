import Base
import HTTP

/// The service's API as one signed-in user calls it. For one thread.
final class ServiceClient {
    private let http: HTTPClient
    private let base: String
    private let console: Console
    private let sleep: (Duration) -> Void
    private var access: String
    private var refresh: String?

    /// A client that has an access token already.
    ///
    /// - Parameter sleep: blocks for that long; waits between tries go through it.
    init(
        url: String, token: String, caFile: String?, console: Console,
        sleep: @escaping (Duration) -> Void = { Pause.sleep($0) }
    ) {
        http = HTTPClient(caFile: caFile)
        base = String(url.reversed().drop { $0 == "/" }.reversed())
        access = token
        self.console = console
        self.sleep = sleep
    }

    /// Takes tokens for an email and a password; they are renewed as long as the client lives.
    func signIn(email: String, password: String) throws(Failure) {
        let body = JSONValue.object(["email": .string(email), "password": .string(password)])
        let answer = try send("POST", "/api/auth/login", json: body, authorized: false)
        guard answer.isSuccess, let data = answer.data, take(data) else {
            throw .failed("cannot sign in: \(answer.sentence)")
        }
    }

    /// The answer to a GET, tried again as `RetryPlan` says.
    func get(_ path: String, query: [(String, String)]) throws(Failure) -> ServiceAnswer {
        let text = query.map { "\($0)=\(PercentEncoding.encode($1))" }.joined(separator: "&")
        return try send("GET", "\(path)?\(text)")
    }

    /// The answer to a POST of a form, tried again as `RetryPlan` says; the key makes one document of all tries.
    ///
    /// - Parameter progress: told how much of the form has been taken for sending.
    func post(
        _ path: String, _ form: UploadForm, idempotencyKey: String, progress: @escaping @Sendable (Int64) -> Void
    ) throws(Failure) -> ServiceAnswer {
        var request = HTTPRequest(
            method: "POST", url: base + path,
            headers: [("Content-Type", form.contentType), ("Idempotency-Key", idempotencyKey)], body: form.body,
            // Behind its last byte the file still goes to the object store.
            timeouts: HTTPTimeouts(connect: .seconds(10), stall: .seconds(600)))
        request.progress = progress
        return try send(request)
    }

    private func send(
        _ method: String, _ path: String, json: JSONValue? = nil, authorized: Bool = true
    ) throws(Failure) -> ServiceAnswer {
        var request = HTTPRequest(
            method: method, url: base + path, timeouts: HTTPTimeouts(connect: .seconds(10), stall: .seconds(60)))
        if let json {
            request.headers = [("Content-Type", "application/json")]
            request.body = .bytes(json.jsonBytes)
        }
        return try send(request, authorized: authorized)
    }

    private func send(_ request: HTTPRequest, authorized: Bool = true) throws(Failure) -> ServiceAnswer {
        var plan = RetryPlan()
        var mayRenew = true
        while true {
            var signed = request
            if authorized { signed.headers.append(("Authorization", "Bearer \(access)")) }
            let pause: Duration?
            let trouble: String
            do throws(HTTPError) {
                let answer = ServiceAnswer(try http.send(signed))
                if answer.code == "TOKEN_EXPIRED", authorized, mayRenew, try renew() {
                    mayRenew = false
                    continue
                }
                pause = plan.pause(after: answer)
                guard pause != nil else { return answer }
                trouble = answer.sentence
            } catch {
                pause = plan.pause(after: error)
                trouble = "no answer: \(error.sentence)"
            }
            guard let pause else { throw .failed(trouble) }
            console.note("\(trouble); again in \(max(1, (pause.milliseconds + 999) / 1000)) s")
            sleep(pause)
        }
    }

    /// A new access token for the refresh token; false when there is none or it is not taken.
    private func renew() throws(HTTPError) -> Bool {
        guard let refresh else { return false }
        let answer = ServiceAnswer(
            try http.send(
                HTTPRequest(
                    method: "POST", url: base + "/api/auth/refresh", headers: [("Authorization", "Bearer \(refresh)")],
                    timeouts: HTTPTimeouts(connect: .seconds(10), stall: .seconds(60)))))
        return answer.isSuccess && answer.data.map { take($0) } ?? false
    }

    private func take(_ data: JSONValue) -> Bool {
        guard let token = data["access_token"]?.string else { return false }
        access = token
        refresh = data["refresh_token"]?.string ?? refresh
        return true
    }
}

extension HTTPError {
    /// For a person.
    fileprivate var sentence: String {
        switch self {
        case .couldNotConnect(let text), .timedOut(let text), .brokenOff(let text), .other(let text): text
        case .responseTooLarge: "it is too large"
        }
    }
}
