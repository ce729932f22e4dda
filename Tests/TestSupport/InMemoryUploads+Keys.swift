import Base
import Contract
import Domain

extension InMemoryUploads {
    struct Reservation {
        let bytes: Int64
        let expires: Timestamp
    }

    private func name(_ key: String, _ user: UserID) -> String { "\(user) \(key)" }

    func claim(_ key: UploadKey, at now: Timestamp) throws(ErrorAnswer) -> UploadKey {
        let name = name(key.key, key.userID)
        if let held = tables.uploadKeys[name], held.expires >= now { return held }
        transaction.put(key, at: name, in: tables.uploadKeys)
        return key
    }

    func replace(_ key: UploadKey) throws(ErrorAnswer) {
        transaction.put(key, at: name(key.key, key.userID), in: tables.uploadKeys)
    }

    func lockKey(_ key: String, of user: UserID) throws(ErrorAnswer) {}

    func settleKey(_ key: String, of user: UserID, upload: UploadID, document: DocumentID) throws(ErrorAnswer) {
        guard let held = tables.uploadKeys[name(key, user)], held.uploadID == upload else { return }
        transaction.put(
            UploadKey(
                userID: user, key: key, uploadID: upload, sha256: held.sha256, size: held.size,
                filename: held.filename, documentID: document, expires: held.expires),
            at: name(key, user), in: tables.uploadKeys)
    }

    func lockSpace() throws(ErrorAnswer) {}

    func spaceTaken(at now: Timestamp, besides upload: UploadID) throws(ErrorAnswer) -> Int64 {
        let files = tables.files.rows.values.reduce(0) { $0 + $1.file.size }
        let pending = tables.uploads.rows.values.reduce(0) { $0 + ($1.state == .pending ? $1.file.size : 0) }
        let reserved = tables.reservations.rows.reduce(0) { sum, row in
            sum + (row.value.expires > now && row.key != upload ? row.value.bytes : 0)
        }
        return files + pending + reserved
    }

    func reserve(_ bytes: Int64, for upload: UploadID, until expires: Timestamp) throws(ErrorAnswer) {
        transaction.put(Reservation(bytes: bytes, expires: expires), at: upload, in: tables.reservations)
    }

    func releaseSpace(of upload: UploadID) throws(ErrorAnswer) {
        transaction.put(nil, at: upload, in: tables.reservations)
    }

    func pruneKeysAndReservations(expiredBefore time: Timestamp) throws(ErrorAnswer) {
        for (name, key) in tables.uploadKeys.rows where key.expires < time {
            transaction.put(nil, at: name, in: tables.uploadKeys)
        }
        for (id, reservation) in tables.reservations.rows where reservation.expires < time {
            transaction.put(nil, at: id, in: tables.reservations)
        }
    }
}
