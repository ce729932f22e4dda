import Base
import Contract
import Domain

struct InMemoryTokens: TokenRepository {
    struct Row {
        let user: UserID
        var revokedAt: Timestamp?
        var current: RefreshToken
        var previous: TokenID?
        var rotatedAt: Timestamp?
    }

    let tables: InMemoryMainTables
    let transaction: InMemoryTransaction

    func insertFamily(
        _ id: TokenFamilyID, user: UserID, current: RefreshToken, at now: Timestamp
    ) throws(ErrorAnswer) {
        transaction.put(Row(user: user, current: current), at: id, in: tables.families)
    }

    func lockFamily(_ id: TokenFamilyID) throws(ErrorAnswer) -> TokenFamily? {
        tables.families[id].map { row in
            TokenFamily(
                id: id, userID: row.user, isRevoked: row.revokedAt != nil, current: row.current,
                previous: row.previous, rotatedAt: row.rotatedAt)
        }
    }

    func rotate(_ id: TokenFamilyID, to next: RefreshToken, at now: Timestamp) throws(ErrorAnswer) {
        guard var row = tables.families[id] else { return }
        row.previous = row.current.id
        row.rotatedAt = now
        row.current = next
        transaction.put(row, at: id, in: tables.families)
    }

    func endGrace(_ id: TokenFamilyID, of successor: TokenID) throws(ErrorAnswer) {
        guard var row = tables.families[id], row.current.id == successor else { return }
        row.previous = nil
        transaction.put(row, at: id, in: tables.families)
    }

    func revokeFamily(_ id: TokenFamilyID, at now: Timestamp) throws(ErrorAnswer) {
        guard var row = tables.families[id], row.revokedAt == nil else { return }
        row.revokedAt = now
        transaction.put(row, at: id, in: tables.families)
    }

    func revokeFamilies(of user: UserID, at now: Timestamp) throws(ErrorAnswer) {
        for (id, row) in tables.families.rows where row.user == user { try revokeFamily(id, at: now) }
    }

    func facts(family: TokenFamilyID, user: UserID, tenant: TenantID?) throws(ErrorAnswer) -> AccessFacts? {
        guard let row = tables.families[family], row.user == user, let found = tables.users[user]?.user else {
            return nil
        }
        let memberships = InMemoryMemberships(tables: tables, transaction: transaction)
        return AccessFacts(
            user: found, isRevoked: row.revokedAt != nil,
            membership: tenant.flatMap { memberships.membership(.init(tenant: $0, user: user)) },
            openRotation: row.previous == nil
                ? nil : row.rotatedAt.map { OpenRotation(successor: row.current.id, rotatedAt: $0) })
    }

    func pruneFamilies(endedBefore time: Timestamp) throws(ErrorAnswer) -> Int {
        let ended = tables.families.rows.filter {
            min($0.value.revokedAt ?? $0.value.current.expires, $0.value.current.expires) < time
        }
        for id in ended.keys { transaction.put(nil, at: id, in: tables.families) }
        return ended.count
    }
}
