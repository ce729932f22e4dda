import Postgres

extension PostgresError {
    /// What the failure means to the person at the terminal. Without the server's words: on a malformed URL they can
    /// repeat a part of the password.
    var operatorSentence: String {
        switch sqlState {
        case SQLState.unknownDatabase: "the database does not exist; saasctl init-db creates it"
        case "28P01", "28000": "PostgreSQL refuses the user or the password"
        case "42501": "the database role lacks the right to do this"
        case "42P01": "a table is missing; saasctl migrate brings the schema up to date"
        default: isConnectionLost ? "PostgreSQL cannot be reached (SQLSTATE \(sqlState))" : description
        }
    }
}

extension String {
    /// The text with its line breaks made into blanks, so that one failure is one line.
    var singleLine: String {
        split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " } }.joined(separator: " ")
    }
}
