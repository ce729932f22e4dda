import Base
import Contract
import Crypto
import Domain
import Persistence
import Postgres
import TestSupport
import Testing

extension DatabaseSuite {
    /// Uploads that are carried out together leave what each alone would have left.
    @Suite struct UploadBatchTests {
        private let fixture: EventFixture
        private let uploads: UploadService
        private let key: SigningKey
        private let user = UserID.random()
        private let family = TokenFamilyID.random()

        /// Rung for.
        private let doorbell: InMemoryDoorbell

        init() throws {
            fixture = try EventFixture()
            key = try SigningKey()
            doorbell = InMemoryDoorbell(clock: fixture.clock)
            let moment = ContinuousClock.now
            let auth = AuthService(
                data: fixture.data,
                passwords: PasswordService(hasher: PasswordHasher(cost: 4), threads: 1, waiting: 1),
                tokens: TokenIssuer(
                    signer: TokenSigner(keys: [TokenKey(secret: [UInt8](repeating: 7, count: 32))]),
                    accessLifetime: .seconds(900), refreshLifetime: .seconds(9000)), clock: fixture.clock,
                // Nobody tells it of changes, and no time passes.
                cache: AccessCache(generation: { 0 }, now: { moment }))
            uploads = UploadService(
                data: fixture.data, auth: auth, doorbell: doorbell, clock: fixture.clock,
                signingKey: key, maxBytes: 1_000_000)
            let now = fixture.clock.now()
            let tenant = fixture.tenant
            try fixture.pool.withConnection(to: fixture.main) { connection throws(PostgresError) in
                _ = try connection.execute(
                    """
                    INSERT INTO users (id, first_name, last_name, email, password_hash, created_at, updated_at)
                    VALUES (\(user), 'Ada', 'Byron', 'ada@example.com', 'x', \(now), \(now))
                    """)
                _ = try connection.execute(
                    """
                    INSERT INTO tenants (id, name, database_name, state, created_by, created_at, updated_at)
                    VALUES (\(tenant.tenantID), 'Acme', \(tenant.name), 'ready', \(user), \(now), \(now))
                    """)
                _ = try connection.execute(
                    """
                    INSERT INTO user_tenant_associations (user_id, tenant_id, role, joined_at)
                    VALUES (\(user), \(tenant.tenantID), 'admin', \(now))
                    """)
                _ = try connection.execute(
                    """
                    INSERT INTO token_families (id, user_id, created_at, current_jti, current_issued, current_expires)
                    VALUES (\(family), \(user), \(now), \(family), \(now), \(now + .seconds(9000)))
                    """)
            }
        }

        private func grant(_ request: String = "r", upload: UploadID = .random(), key name: String? = nil) -> String {
            UploadGrant(
                uploadID: upload, tenantID: fixture.tenant.tenantID, userID: user, requestID: request,
                tokenID: "t", tokenFamily: family.description, maxBytes: 1_000_000,
                expires: fixture.clock.now() + .seconds(600), address: "192.0.2.1", idempotencyKey: name
            ).signed(with: key)
        }

        private func resolution(_ content: String, _ grant: String) -> ResolveUpload {
            let bytes = Array(content.utf8)
            return ResolveUpload(
                grant: grant, md5: Hex.encode(Digest.md5(bytes)), sha256: Hex.encode(Digest.sha256(bytes)),
                size: Int64(bytes.count), sniffedType: "text/plain", partType: nil, partFilename: "a \"b\"\\.txt",
                filenameField: nil, mimeTypeField: nil)
        }

        private func target(_ result: UploadResult) -> UploadTarget? {
            if case .resolved(.push(let target)) = result { target } else { nil }
        }

        private func created(_ result: UploadResult) -> (document: Document, removesObject: Bool)? {
            switch result {
            case .resolved(.created(let document)): (document, false)
            case .settled(.created(let document, let removesObject)): (document, removesObject)
            default: nil
            }
        }

        /// Everything that an upload leaves, without what is different each time.
        private func traces(of document: DocumentID) throws -> [String] {
            let id = document.description
            let row = try fixture.execute(
                """
                SELECT concat_ws(' ', d.filename, d.mime_type, d.user_id, d.created_by, d.created_at, d.updated_at,
                                 f.size, f.sniffed_type, f.state, f.created_at, u.state),
                       concat_ws(' ', a.occurred_at, a.tenant_id, a.actor_id, a.action, a.result, a.error_code,
                                 a.address, a.request_id, a.details->>'file_size', a.details->>'file_id' = f.id::text,
                                 (SELECT count(*) FROM jsonb_object_keys(a.details))),
                       concat_ws(' ', o.event_type, o.tenant_id, o.user_id, o.occurred_at, o.data->>'mime_type',
                                 o.data->>'file_size', jsonb_typeof(o.data->'file_size'),
                                 o.data->>'sha256' = f.sha256, o.data->>'file_id' = f.id::text,
                                 (SELECT count(*) FROM jsonb_object_keys(o.data)))
                FROM documents d JOIN files f ON f.id = d.file_id JOIN upload_intents u ON u.document_id = d.id
                JOIN audit_entries a ON a.target_id = d.id JOIN outbox o ON o.data->>'document_id' = \(id)
                WHERE d.id = \(id)::uuid
                """)
            #expect(row.count == 1)
            return [try row[0].decode(0), try row[0].decode(1), try row[0].decode(2)]
        }

        @Test func togetherIsLikeAlone() throws {
            let alone = grant()
            _ = try uploads.resolve(resolution("one", alone))
            guard case .created(let first, false) = try uploads.commit(SettleUpload(grant: alone)) else {
                Issue.record("the single upload failed")
                return
            }
            let grants = [grant(), grant()]
            let opened = uploads.carryOut([
                .resolve(resolution("two", grants[0])), .resolve(resolution("six", grants[1])),
            ])
            let targets = opened.compactMap(target)
            #expect(targets.count == 2 && targets.allSatisfy { $0.contentType == "text/plain" })
            let settled = uploads.carryOut(grants.map { .commit(SettleUpload(grant: $0)) }).compactMap(created)
            #expect(settled.count == 2 && settled.allSatisfy { !$0.removesObject })
            #expect(settled.map(\.document.file.key) == targets.map(\.key))
            let expected = try traces(of: first.id)
            for (document, _) in settled {
                #expect(try traces(of: document.id) == expected)
                #expect(document.filename == first.filename && document.createdBy == user)
            }
        }

        @Test func anIntentMayRestOnWhatWasSoAMomentAgoAndItsCommitMayNot() throws {
            let grants = [grant(), grant()]
            #expect(uploads.carryOut([.resolve(resolution("one", grants[0]))]).compactMap(target).count == 1)
            try fixture.pool.withConnection(to: fixture.main) { connection throws(PostgresError) in
                _ = try connection.execute("UPDATE token_families SET revoked_at = now()")
            }
            #expect(uploads.carryOut([.resolve(resolution("two", grants[1]))]).compactMap(target).count == 1)
            for grant in grants {
                guard case .settled(.refused(let error)) = uploads.carryOut([.commit(SettleUpload(grant: grant))])[0]
                else {
                    Issue.record("a commit of a session that has ended")
                    continue
                }
                #expect(error.code == .tokenRevoked)
            }
            #expect(try fixture.count("SELECT count(*) FROM documents") == 0)
        }

        @Test func onlyCommitsAreRungFor() throws {
            let grant = grant()
            _ = uploads.carryOut([.resolve(resolution("one", grant))])
            #expect(try doorbell.rungOutboxes().isEmpty)
            _ = uploads.carryOut([.commit(SettleUpload(grant: grant))])
            #expect(try doorbell.rungOutboxes() == [.tenant(fixture.tenant.tenantID)])
        }

        /// Planning the two statements costs the server more than carrying them out.
        @Test(.timeLimit(.minutes(1))) func manyBatchesShareTheirPlans() throws {
            var shared: Int64 = 0
            // A plan is kept for a second: a slow machine may come to a new one in the middle.
            while shared < 2 {
                for number in 0..<16 {
                    let grants = (0...number % 3).map { _ in grant() }
                    _ = uploads.carryOut(grants.map { .resolve(resolution("\($0)", $0)) })
                    let settled = uploads.carryOut(grants.map { .commit(SettleUpload(grant: $0)) })
                    #expect(settled.compactMap(created).count == grants.count)
                }
                shared = try fixture.count(
                    """
                    SELECT count(*) FROM pg_prepared_statements
                    WHERE statement LIKE '%upload_intents%' AND statement LIKE '%unnest%' AND generic_plans > 0
                    """)
            }
        }

        @Test func aRepeatedCommitAnswersTheSameDocument() throws {
            let one = grant()
            _ = uploads.carryOut([.resolve(resolution("x", one))])
            let commit = UploadCall.commit(SettleUpload(grant: one))
            let answers = (uploads.carryOut([commit, commit]) + uploads.carryOut([commit])).compactMap(created)
            #expect(answers.count == 3 && Set(answers.map(\.document.id)).count == 1)
            #expect(try fixture.count("SELECT count(*) FROM documents") == 1)
            #expect(try fixture.count("SELECT count(*) FROM outbox") == 1)
        }

        @Test func sameContentEndsInOneFile() throws {
            let grants = (0..<4).map { _ in grant() }
            let opened = uploads.carryOut(grants.map { .resolve(resolution("same", $0)) })
            #expect(opened.compactMap(target).count == 4)
            let settled = uploads.carryOut(grants.map { .commit(SettleUpload(grant: $0)) }).compactMap(created)
            #expect(settled.count == 4 && settled.filter(\.removesObject).count == 3)
            #expect(Set(settled.map(\.document.file.id)).count == 1)
            #expect(try fixture.count("SELECT count(*) FROM files") == 1)
            // Known by now: no push any more.
            let known = uploads.carryOut([.resolve(resolution("same", grant()))])
            #expect(created(known[0])?.document.file.id == settled[0].document.file.id)
        }

        @Test func eachIsAnsweredForItself() throws {
            let good = grant()
            let abandoned = grant()
            let keyed = grant(key: "k")
            var calls: [UploadCall] = [good, abandoned, keyed].map { .resolve(resolution($0, $0)) }
            calls.append(.resolve(resolution("forged", "x.y")))
            let opened = uploads.carryOut(calls)
            #expect(opened.prefix(3).compactMap(target).count == 3)
            guard case .failed(let error) = opened[3] else {
                Issue.record("a forged grant was taken")
                return
            }
            #expect(error.code == .forbidden)
            try uploads.abandon(SettleUpload(grant: abandoned))
            let settled = uploads.carryOut(
                [good, abandoned, keyed, grant()].map { .commit(SettleUpload(grant: $0)) })
            #expect(settled.compactMap(created).count == 2)
            for index in [1, 3] {
                guard case .settled(.refused(let error)) = settled[index] else {
                    Issue.record("commit \(index) was not refused")
                    continue
                }
                #expect(error.code == .conflict)
            }
        }

        @Test func whoMayNotUploadAnyMoreIsRefusedAmongOthers() throws {
            let one = grant()
            _ = uploads.carryOut([.resolve(resolution("x", one))])
            try fixture.pool.withConnection(to: fixture.main) { connection throws(PostgresError) in
                _ = try connection.execute("UPDATE user_tenant_associations SET role = 'viewer'")
            }
            let settled = uploads.carryOut([.commit(SettleUpload(grant: one))])
            guard case .settled(.refused(let error)) = settled[0] else {
                Issue.record("a viewer's upload was committed")
                return
            }
            #expect(error.code == .forbidden)
            #expect(try fixture.count("SELECT count(*) FROM upload_intents WHERE state = 'abandoned'") == 1)
        }
    }
}
