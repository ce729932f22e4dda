/// The advisory lock, in a tenant's database, between the removal of files and an export.
///
/// An export holds it alone for as long as it copies objects; the beginning of a removal asks for its share of it and
/// leaves the file for later when it is not to be had.
enum FileRemovalLock {
    /// Any fixed number would do.
    static let key: Int64 = 7_023_051_870_163_105
}
