import Base
import Postgres
import TestSupport
import Testing

extension SaasctlSuite {
    @Suite struct ListTenantsTests {
        private let installation: TestInstallation

        init() throws {
            installation = try TestInstallation()
            let outcome = try installation.program().run("init-db")
            try #require(outcome.status == 0, "\(outcome.errors)")
        }

        /// Rows alone: a list reads no tenant's database.
        private func insertTenants(_ count: Int) throws {
            let main = try installation.connect()
            try main.execute(
                script: """
                    INSERT INTO users SELECT gen_random_uuid(), 'A', 'B', n || '@example.com', 'x', true, now(), now()
                    FROM generate_series(1, 3) n
                    """)
            _ = try main.execute(
                """
                INSERT INTO tenants (id, name, database_name, state, suspended_by, created_by, created_at, updated_at)
                SELECT lpad(to_hex(n), 32, '0')::uuid, 'Tenant "' || n || '"', 'tenant_' || n, state,
                       CASE state WHEN 'suspended' THEN 'operator' END,
                       (SELECT id FROM users LIMIT 1), '2026-01-02T03:04:05Z', now()
                FROM generate_series(1, \(count)) n,
                     LATERAL (SELECT (ARRAY['ready', 'suspended', 'deleting', 'purged'])[(n - 1) % 4 + 1] AS state) s
                """)
            try main.execute(
                script: """
                    INSERT INTO user_tenant_associations
                    SELECT u.id, t.id, 'viewer', now() FROM users u, tenants t WHERE t.database_name = 'tenant_2'
                    """)
        }

        private func list() throws -> [JSONValue] {
            let outcome = try installation.program().run("tenants", "list", "--json")
            try #require(outcome.status == 0, "\(outcome.errors)")
            guard case .array(let tenants) = try JSONValue(parsing: Array(outcome.output.utf8)) else { return [] }
            return tenants
        }

        @Test func noTenantsAreAnEmptyArray() throws { #expect(try list().isEmpty) }

        @Test func everyStateIsListedOldestFirst() throws {
            try insertTenants(4)
            let tenants = try list()
            #expect(tenants.count == 4)
            #expect(
                tenants[1]
                    == .object([
                        "id": .string("00000000-0000-0000-0000-000000000002"), "name": .string("Tenant \"2\""),
                        "database_name": .string("tenant_2"), "state": .string("suspended"),
                        "suspended_by": .string("operator"), "created_at": .string("2026-01-02T03:04:05.000000Z"),
                        "members": .integer(3),
                    ]))
            let states = tenants.compactMap { tenant -> String? in
                guard case .object(let members) = tenant, case .string(let state)? = members["state"] else {
                    return nil
                }
                return state
            }
            #expect(states == ["ready", "suspended", "deleting", "purged"])
        }

        @Test func allPagesAreRead() throws {
            try insertTenants(401)
            #expect(try list().count == 401)
        }

        @Test func tableIsAligned() throws {
            try insertTenants(2)
            let outcome = try installation.program().run("tenants", "list")
            #expect(
                outcome.output == """
                    ID                                    NAME        DATABASE  STATE      CREATED               MEMBERS
                    00000000-0000-0000-0000-000000000001  Tenant "1"  tenant_1  ready      2026-01-02T03:04:05Z  0
                    00000000-0000-0000-0000-000000000002  Tenant "2"  tenant_2  suspended  2026-01-02T03:04:05Z  3

                    """)
        }
    }
}
