import Base
import CPostgres

/// Where and how to connect: one database of one server, and the limits of a session.
///
/// Holds the password; its texts do not show it.
package struct ConnectionSettings: Sendable {
    /// libpq's parameters by keyword, as the connection string gave them.
    private var parameters: [String: String]
    /// The server cancels a statement that runs longer; 0: never.
    package var statementTimeout: Duration
    /// How much longer the driver waits for the server to say so before it gives the connection up.
    package var answerGrace: Duration = .seconds(5)
    /// A connection that is not there by then has failed.
    package var connectTimeout: Duration
    /// Shown in pg_stat_activity.
    package var applicationName: String

    /// Reads a URL (`postgresql://user@host/name`, `?host=/run/sockets` for a unix socket) or keyword form
    /// (`host=… dbname=…`), PostgreSQL manual 34.1.1; the PG* environment variables fill what it leaves out.
    ///
    /// - Throws: `SQLState.badSettings` when libpq cannot read it.
    package init(
        url: String, applicationName: String = "saas", statementTimeout: Duration = .seconds(20),
        connectTimeout: Duration = .seconds(2)
    ) throws(PostgresError) {
        // libpq's message is left out: it repeats parts of the string, which may be the password.
        guard !url.utf8.contains(0), let options = PQconninfoParse(url, nil) else {
            throw PostgresError(SQLState.badSettings, detail: "the connection string is malformed")
        }
        defer { PQconninfoFree(options) }
        var parameters: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { parameters[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        self.parameters = parameters
        self.applicationName = applicationName
        self.statementTimeout = statementTimeout
        self.connectTimeout = connectTimeout
    }

    /// The name of the database; libpq's default, the user's name, when none was given.
    package var database: String { parameters["dbname"] ?? parameters["user"] ?? "" }

    /// One of libpq's parameters; nil when the connection string does not give it.
    func value(of keyword: String) -> String? { parameters[keyword] }

    /// The same server and limits, another database.
    package func with(database: String) -> ConnectionSettings {
        var copy = self
        copy.parameters["dbname"] = database
        return copy
    }

    /// The same with a user and a password, unless the connection string has a password: then it is complete.
    package func completed(user: String?, password: String?) -> ConnectionSettings {
        guard parameters["password"] == nil else { return self }
        var copy = self
        if let user { copy.parameters["user"] = user }
        if let password { copy.parameters["password"] = password }
        return copy
    }

    /// How long the driver waits for an answer: the server's own limit and time to say so. nil: for ever.
    var answerTimeout: Duration? { statementTimeout > .zero ? statementTimeout + answerGrace : nil }

    /// What PQconnectStartParams is given: the caller's parameters over ours, ours over libpq's defaults.
    var connectParameters: [(keyword: String, value: String)] {
        var all = [
            "application_name": applicationName, "keepalives_idle": "15", "keepalives_interval": "5",
            "keepalives_count": "3", "tcp_user_timeout": "20000",
        ]
        all.merge(parameters) { _, given in given }
        // What decoding relies on is not the caller's choice.
        all["client_encoding"] = "UTF8"
        all["options"] = sessionOptions + (parameters["options"].map { " \($0)" } ?? "")
        return all.map { (keyword: $0.key, value: $0.value) }
    }

    private var sessionOptions: String {
        [
            ("statement_timeout", "\(max(0, statementTimeout.milliseconds))ms"),
            ("idle_in_transaction_session_timeout", "30s"), ("client_connection_check_interval", "2s"),
            ("TimeZone", "UTC"), ("DateStyle", "ISO"), ("bytea_output", "hex"),
        ].map { "-c \($0.0)=\($0.1)" }.joined(separator: " ")
    }
}

extension ConnectionSettings: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Database and host; never user or password.
    package var description: String { "database \(database) at \(parameters["host"] ?? "the default host")" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}
