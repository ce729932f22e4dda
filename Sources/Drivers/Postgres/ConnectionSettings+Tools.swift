extension ConnectionSettings {
    /// The settings as the environment variables of PostgreSQL's command-line tools (manual 34.15). Holds the password.
    package var toolEnvironment: [String: String] {
        let names = [
            "host": "PGHOST", "hostaddr": "PGHOSTADDR", "port": "PGPORT", "dbname": "PGDATABASE", "user": "PGUSER",
            "password": "PGPASSWORD", "passfile": "PGPASSFILE", "sslmode": "PGSSLMODE", "sslcert": "PGSSLCERT",
            "sslkey": "PGSSLKEY", "sslrootcert": "PGSSLROOTCERT", "sslcrl": "PGSSLCRL",
            "target_session_attrs": "PGTARGETSESSIONATTRS", "channel_binding": "PGCHANNELBINDING",
        ]
        var environment = ["PGAPPNAME": applicationName, "PGCONNECT_TIMEOUT": "10"]
        for (keyword, name) in names { environment[name] = value(of: keyword) }
        return environment
    }
}
