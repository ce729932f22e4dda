import Base
import CPostgres
import Glibc

/// The owner of one PGconn: connects, sends, waits for answers with a limit. One thread at a time.
///
/// The PGconn is in non-blocking mode, so that a server that hangs costs a limited wait and not the thread.
final class ConnectionHandle {
    /// nil when closed: libpq takes NULL as a connection that is bad.
    private var connection: OpaquePointer?
    private let notices: NoticeSink
    private var isBroken = false
    /// How long to wait for the answer to one request; nil for ever.
    var answerTimeout: Duration?

    /// Connects; blocks for the connect timeout at most (and for name resolution, if the host is a name).
    ///
    /// - Throws: the server's code when it refused (`3D000`, `53300`, `57P03` …), else `SQLState.cannotConnect`.
    init(_ settings: ConnectionSettings, log: Log?) throws(PostgresError) {
        let parameters = settings.connectParameters
        var keywords = parameters.map { UnsafePointer(strdup($0.keyword)) }
        var values = parameters.map { UnsafePointer(strdup($0.value)) }
        defer { for text in keywords + values { free(UnsafeMutablePointer(mutating: text)) } }
        keywords.append(nil)
        values.append(nil)
        // expand_dbname 0: a database name is a name, never a connection string.
        guard let connection = PQconnectStartParams(keywords, values, 0) else {
            throw PostgresError(SQLState.cannotConnect, detail: "out of memory")
        }
        self.connection = connection
        notices = NoticeSink(log: log)
        answerTimeout = settings.answerTimeout
        PQsetErrorVerbosity(connection, PQERRORS_VERBOSE)  // brings the code into the text of a refusal
        PQsetNoticeReceiver(connection, receiveNotice, Unmanaged.passUnretained(notices).toOpaque())
        try finishConnecting(until: .now + settings.connectTimeout)
        PQsetErrorVerbosity(connection, PQERRORS_DEFAULT)
        guard PQsetnonblocking(connection, 1) == 0 else { throw lost("") }
    }

    deinit { PQfinish(connection) }

    /// Says goodbye to the server and frees the socket; every later request fails.
    func close() {
        PQfinish(connection)
        connection = nil
        isBroken = true
    }

    /// False once the connection was lost or gave up on.
    var isHealthy: Bool { !isBroken && PQstatus(connection) == CONNECTION_OK }

    var isIdle: Bool { PQtransactionStatus(connection) == PQTRANS_IDLE }

    /// True between BEGIN and its end, failed or not.
    var isInTransaction: Bool {
        let status = PQtransactionStatus(connection)
        return status == PQTRANS_INTRANS || status == PQTRANS_INERROR
    }

    var isInFailedTransaction: Bool { PQtransactionStatus(connection) == PQTRANS_INERROR }

    /// True when nothing has come from the server unasked: an idle connection has that only when the server ended it.
    var isQuiet: Bool { isHealthy && !poll(POLLIN, until: .now) }

    // MARK: requests

    /// The simple protocol: any number of statements. The result is the last one's.
    func run(script: String) throws(PostgresError) -> ResultHandle? {
        try request { PQsendQuery(connection, script) }
    }

    func prepare(_ text: String, as name: String) throws(PostgresError) {
        _ = try request { PQsendPrepare(connection, name, text, 0, nil) }
    }

    func run(prepared name: String, _ binds: [String?], inBinary: Bool) throws(PostgresError) -> ResultHandle? {
        try run(binds) {
            PQsendQueryPrepared(connection, name, Int32(binds.count), $0, nil, nil, inBinary ? 1 : 0)
        }
    }

    func run(_ text: String, _ binds: [String?], inBinary: Bool) throws(PostgresError) -> ResultHandle? {
        try run(binds) {
            PQsendQueryParams(connection, text, Int32(binds.count), nil, $0, nil, nil, inBinary ? 1 : 0)
        }
    }

    /// Waits until the server sends something by itself; nil when nothing came in time.
    func notification(until deadline: ContinuousClock.Instant) throws(PostgresError) -> Notification? {
        while true {
            if let notification = PQnotifies(connection) {
                defer { PQfreemem(notification) }
                return Notification(
                    channel: String(cString: notification.pointee.relname),
                    payload: String(cString: notification.pointee.extra), senderPID: notification.pointee.be_pid)
            }
            guard poll(POLLIN, until: deadline) else { return nil }
            guard PQconsumeInput(connection) == 1 else { throw lost() }
        }
    }

    // MARK: sending and waiting

    /// Copies the binds into one buffer of C strings for the length of the call.
    private func run(
        _ binds: [String?], _ send: (UnsafePointer<UnsafePointer<CChar>?>?) -> Int32
    ) throws(PostgresError) -> ResultHandle? {
        let size = binds.reduce(0) { $0 + ($1.map { $0.utf8.count + 1 } ?? 0) }
        return try request {
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { bytes in
                withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: binds.count) { pointers in
                    var position = 0
                    for (index, bind) in binds.enumerated() {
                        guard var bind else {
                            pointers.initializeElement(at: index, to: nil)
                            continue
                        }
                        let start = position
                        bind.withUTF8 { text in
                            UnsafeMutableRawBufferPointer(bytes).dropFirst(start).copyBytes(from: text)
                            position += text.count
                        }
                        bytes[position] = 0
                        position += 1
                        pointers.initializeElement(at: index, to: bytes.baseAddress.map { UnsafePointer($0 + start) })
                    }
                    return send(UnsafePointer(pointers.baseAddress))
                }
            }
        }
    }

    private func request(_ send: () -> Int32) throws(PostgresError) -> ResultHandle? {
        guard !isBroken else { throw PostgresError(SQLState.connectionLost, detail: "lost before") }
        guard send() == 1 else { throw lost() }
        return try answer(until: answerTimeout.map { .now + $0 })
    }

    /// Takes every result of a request; the first failure wins, else the last result.
    private func answer(until deadline: ContinuousClock.Instant?) throws(PostgresError) -> ResultHandle? {
        var last: ResultHandle?
        var failure: PostgresError?
        while true {
            do {
                try awaitResult(until: deadline)
            } catch {
                throw failure ?? error  // a FATAL message says more than the end of the stream after it
            }
            guard let result = PQgetResult(connection) else { break }
            switch PQresultStatus(result) {
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
                last = ResultHandle(owning: result)
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                PQclear(result)
                isBroken = true  // the copy would have to be run to its end
                throw PostgresError(SQLState.featureNotSupported, detail: "COPY is not supported")
            default:
                failure = failure ?? refusal(result)
                PQclear(result)
            }
        }
        if let failure { throw failure }
        return last
    }

    private func awaitResult(until deadline: ContinuousClock.Instant?) throws(PostgresError) {
        var unsent = PQflush(connection)
        while PQisBusy(connection) == 1 {
            guard unsent >= 0 else { throw lost() }
            guard poll(unsent == 1 ? POLLIN | POLLOUT : POLLIN, until: deadline) else {
                throw lost("no answer within the time limit")
            }
            guard PQconsumeInput(connection) == 1 else { throw lost() }
            unsent = PQflush(connection)
        }
    }

    private func finishConnecting(until deadline: ContinuousClock.Instant) throws(PostgresError) {
        // A failure before the first wait, such as a socket that is not there, shows in the status alone.
        var state = PQstatus(connection) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING
        while true {
            switch state {
            case PGRES_POLLING_OK: return
            case PGRES_POLLING_READING, PGRES_POLLING_WRITING:
                guard poll(state == PGRES_POLLING_READING ? POLLIN : POLLOUT, until: deadline) else {
                    throw PostgresError(SQLState.cannotConnect, detail: "no connection within the time limit")
                }
            default:
                let message = String(cString: PQerrorMessage(connection))
                throw PostgresError(Self.sqlState(ofRefusal: message) ?? SQLState.cannotConnect, detail: message)
            }
            state = PQconnectPoll(connection)
        }
    }

    /// Waits for the socket; false when the deadline passes first. Errors of the socket count as ready: the next read
    /// or write says what they are.
    private func poll(_ events: Int32, until deadline: ContinuousClock.Instant?) -> Bool {
        var descriptor = pollfd(fd: PQsocket(connection), events: Int16(events), revents: 0)
        while true {
            let milliseconds = deadline.map { deadline in
                // Rounded up, so that the last part of a millisecond is not spent spinning.
                Int32(clamping: (ContinuousClock.now.duration(to: deadline).microseconds + 999) / 1000)
            }
            let ready = Glibc.poll(&descriptor, 1, milliseconds.map { max(0, $0) } ?? -1)
            if ready > 0 { return true }
            if ready < 0, errno != EINTR { return true }
            if ready == 0, let milliseconds, milliseconds <= 0 { return false }
        }
    }

    // MARK: failures

    private func refusal(_ result: OpaquePointer) -> PostgresError {
        let message = String(cString: PQresultErrorMessage(result))
        guard let state = saas_pg_error_sqlstate(result) else { return lost(message) }
        let severity = saas_pg_error_severity(result).map { String(cString: $0) }
        if severity == "FATAL" || severity == "PANIC" { isBroken = true }
        return PostgresError(
            String(cString: state), constraint: saas_pg_error_constraint(result).map { String(cString: $0) },
            detail: message)
    }

    private func lost(_ detail: String? = nil) -> PostgresError {
        isBroken = true
        return PostgresError(SQLState.connectionLost, detail: detail ?? String(cString: PQerrorMessage(connection)))
    }

    /// The code in `FATAL:  3D000: database "x" does not exist`, possibly behind libpq's own words.
    private static func sqlState(ofRefusal message: String) -> String? {
        guard let mark = message.firstRange(of: ":  ") else { return nil }
        let code = message[mark.upperBound...].prefix(5)
        let rest = message[mark.upperBound...].dropFirst(5)
        guard code.utf8.count == 5, rest.hasPrefix(": "),
            code.utf8.allSatisfy({
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0)
            })
        else { return nil }
        return String(code)
    }
}

/// Where notices go: their code to the log at debug level; libpq would print them.
private final class NoticeSink {
    let log: Log?

    init(log: Log?) { self.log = log }
}

private func receiveNotice(context: UnsafeMutableRawPointer?, result: OpaquePointer?) {
    guard let context, let log = Unmanaged<NoticeSink>.fromOpaque(context).takeUnretainedValue().log else { return }
    let state = saas_pg_error_sqlstate(result).map { String(cString: $0) } ?? ""
    log.debug("notice from PostgreSQL", ["db.sqlstate": .text(state)])
}
