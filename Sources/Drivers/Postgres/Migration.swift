/// One numbered step of a schema: plain SQL that is never changed once it has been applied anywhere.
package struct Migration: Sendable {
    /// From 1 upwards, each once.
    package let version: Int
    package let name: String
    /// Any number of statements, without BEGIN and COMMIT.
    package let sql: String

    package init(version: Int, name: String, sql: String) {
        self.version = version
        self.name = name
        self.sql = sql
    }
}
