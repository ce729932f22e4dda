import Base
import Contract
import Domain
import Postgres

/// The table `token_families`, and what a request's token is worth.
struct PostgresTokenRepository: TokenRepository {
    let session: DatabaseSession

    func insertFamily(
        _ id: TokenFamilyID, user: UserID, current: RefreshToken, at now: Timestamp
    ) throws(ErrorAnswer) {
        try session.execute(
            """
            INSERT INTO token_families 
                (id, user_id, created_at, current_jti, current_issued, current_expires, current_kid)
            VALUES (\(id), \(user), \(now), \(current.id), \(current.issued), \(current.expires), \(current.keyID))
            """)
    }

    func lockFamily(_ id: TokenFamilyID) throws(ErrorAnswer) -> TokenFamily? {
        try session.first(
            """
            SELECT user_id, revoked_at IS NOT NULL, current_jti, current_issued, current_expires, current_kid,
                   previous_jti, rotated_at
            FROM token_families WHERE id = \(id) FOR UPDATE
            """
        ) { row throws(PostgresError) in
            TokenFamily(
                id: id, userID: try row.decode(0), isRevoked: try row.decode(1),
                current: RefreshToken(
                    id: try row.decode(2), issued: try row.decode(3), expires: try row.decode(4),
                    keyID: try row.decode(5)),
                previous: try row.decodeIfPresent(6), rotatedAt: try row.decodeIfPresent(7))
        }
    }

    func rotate(_ id: TokenFamilyID, to next: RefreshToken, at now: Timestamp) throws(ErrorAnswer) {
        try session.execute(
            """
            UPDATE token_families
            SET previous_jti = current_jti, rotated_at = \(now),
                current_jti = \(next.id), current_issued = \(next.issued), current_expires = \(next.expires),
                current_kid = \(next.keyID)
            WHERE id = \(id)
            """)
    }

    func endGrace(_ id: TokenFamilyID, of successor: TokenID) throws(ErrorAnswer) {
        try session.execute(
            "UPDATE token_families SET previous_jti = NULL WHERE id = \(id) AND current_jti = \(successor)")
    }

    func revokeFamily(_ id: TokenFamilyID, at now: Timestamp) throws(ErrorAnswer) {
        try session.execute("UPDATE token_families SET revoked_at = \(now) WHERE id = \(id) AND revoked_at IS NULL")
    }

    func revokeFamilies(of user: UserID, at now: Timestamp) throws(ErrorAnswer) {
        try session.execute(
            "UPDATE token_families SET revoked_at = \(now) WHERE user_id = \(user) AND revoked_at IS NULL")
    }

    func facts(
        family: TokenFamilyID, user: UserID, tenant: TenantID?
    ) throws(ErrorAnswer) -> AccessFacts? {
        guard let tenant else {
            return try session.first(
                """
                SELECT f.revoked_at IS NOT NULL, CASE WHEN f.previous_jti IS NOT NULL THEN f.current_jti END,
                       f.rotated_at,
                       u.id, u.first_name, u.last_name, u.email, u.is_active, u.created_at, u.updated_at
                FROM token_families f JOIN users u ON u.id = f.user_id
                WHERE f.id = \(family) AND f.user_id = \(user)
                """
            ) { row throws(PostgresError) in try Self.facts(row, membership: nil) }
        }
        return try session.first(
            """
            SELECT f.revoked_at IS NOT NULL, CASE WHEN f.previous_jti IS NOT NULL THEN f.current_jti END, f.rotated_at,
                   u.id, u.first_name, u.last_name, u.email, u.is_active, u.created_at, u.updated_at,
                   m.role, m.joined_at,
                   t.id, t.name, t.database_name, t.state, t.suspended_by, t.created_at, t.updated_at, t.created_by
            FROM token_families f
            JOIN users u ON u.id = f.user_id
            LEFT JOIN (user_tenant_associations m JOIN tenants t ON t.id = m.tenant_id)
                   ON m.user_id = f.user_id AND m.tenant_id = \(tenant)
            WHERE f.id = \(family) AND f.user_id = \(user)
            """
        ) { row throws(PostgresError) in
            var membership: Membership?
            if let joinedAt = try row.decodeIfPresent(11, as: Timestamp.self) {
                membership = Membership(
                    tenant: try Tenant(row: row, from: 12), role: try row.decodeChoice(10), joinedAt: joinedAt)
            }
            return try Self.facts(row, membership: membership)
        }
    }

    /// Reads what both statements begin with.
    private static func facts(_ row: Row, membership: Membership?) throws(PostgresError) -> AccessFacts {
        var rotation: OpenRotation?
        if let successor = try row.decodeIfPresent(1, as: TokenID.self),
            let rotatedAt = try row.decodeIfPresent(2, as: Timestamp.self)
        {
            rotation = OpenRotation(successor: successor, rotatedAt: rotatedAt)
        }
        return AccessFacts(
            user: try User(row: row, from: 3), isRevoked: try row.decode(0), membership: membership,
            openRotation: rotation)
    }

    func pruneFamilies(endedBefore time: Timestamp) throws(ErrorAnswer) -> Int {
        try session.execute(
            "DELETE FROM token_families WHERE least(revoked_at, current_expires) < \(time)")
    }
}
