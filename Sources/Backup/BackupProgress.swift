/// Is told how far an export, an import or a restore is.
package protocol BackupProgress: Sendable {
    /// A part begins: a word for people, and how many bytes it has; nil when that is not known.
    func begin(_ part: String, bytes: Int64?)
    func advance(_ bytes: Int64)
    func end()
}
