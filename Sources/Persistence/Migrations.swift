package import Postgres

/// The numbered migrations of both kinds of database; the SQL is compiled in from Migrations/.
package enum Migrations {
    /// Of the main database.
    package static let main = [
        Migration(version: 1, name: "main", sql: sql(PackageResources._001_main_sql)),
        Migration(version: 20, name: "events", sql: sql(PackageResources._020_main_events_sql)),
        Migration(version: 30, name: "main_audit", sql: sql(PackageResources._030_main_audit_sql)),
        Migration(version: 31, name: "demo", sql: sql(PackageResources._031_demo_sql)),
        Migration(version: 50, name: "replay_rejected", sql: sql(PackageResources._050_replay_rejected_sql)),
        Migration(version: 60, name: "fleet", sql: sql(PackageResources._060_fleet_sql)),
        Migration(version: 61, name: "connection_pools", sql: sql(PackageResources._061_connection_pools_sql)),
        Migration(version: 65, name: "tenant_purges", sql: sql(PackageResources._065_tenant_purges_sql)),
        Migration(version: 66, name: "tenant_restores", sql: sql(PackageResources._066_tenant_restores_sql)),
        Migration(version: 70, name: "token_rotation", sql: sql(PackageResources._070_token_rotation_sql)),
        Migration(version: 71, name: "logins", sql: sql(PackageResources._071_logins_sql)),
        Migration(version: 72, name: "rate_budgets", sql: sql(PackageResources._072_rate_budgets_sql)),
        Migration(version: 80, name: "idempotency", sql: sql(PackageResources._080_idempotency_sql)),
        Migration(version: 81, name: "main_roles", sql: sql(PackageResources._081_main_roles_sql)),
        Migration(version: 82, name: "event_counts", sql: sql(PackageResources._082_event_counts_sql)),
        Migration(version: 94, name: "rate_receipts", sql: sql(PackageResources._094_rate_receipts_sql)),
        Migration(version: 95, name: "password_expiry", sql: sql(PackageResources._095_password_expiry_sql)),
    ]

    /// Of every tenant's database.
    package static let tenant = [
        Migration(version: 1, name: "tenant", sql: sql(PackageResources._001_tenant_sql)),
        Migration(version: 10, name: "upload_keys", sql: sql(PackageResources._010_upload_keys_sql)),
        Migration(version: 11, name: "upload_reservations", sql: sql(PackageResources._011_upload_reservations_sql)),
        Migration(version: 20, name: "events", sql: sql(PackageResources._020_tenant_events_sql)),
        Migration(version: 30, name: "tenant_audit", sql: sql(PackageResources._030_tenant_audit_sql)),
        Migration(version: 80, name: "tenant_roles", sql: sql(PackageResources._080_tenant_roles_sql)),
        Migration(version: 85, name: "file_inspections", sql: sql(PackageResources._085_file_inspections_sql)),
        Migration(version: 88, name: "row_counts", sql: sql(PackageResources._088_row_counts_sql)),
        Migration(version: 89, name: "filename_search", sql: sql(PackageResources._089_filename_search_sql)),
    ]

    /// The oldest schema of tenants that this release serves: the one before its newest. Every migration must leave a
    /// schema that the release before it can work with, and every release must work with the schema before its last.
    package static let oldestServed = tenant.dropLast().last?.version ?? 0

    private static func sql(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
