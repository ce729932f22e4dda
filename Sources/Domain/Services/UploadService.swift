package import Base
package import Contract
package import Crypto

/// FCGIApp's half of an upload: grant, resolve, commit, abandon (docs/architecture.md, "One upload").
///
/// File bytes never come here; the sidecar holds them and asks.
package struct UploadService: Sendable {
    let data: any UnitOfWork
    private let auth: AuthService
    let doorbell: any Doorbell
    let clock: any WallClock
    private let signingKey: SigningKey
    private let maxBytes: Int64
    private let typePolicy: UploadTypePolicy
    let quota: StorageQuota
    private let limiter: (any RateLimiter)?

    private static let givenUp = ErrorAnswer(.conflict, message: "This upload was given up.")

    /// - Parameters:
    ///   - maxBytes: the most that one file may hold.
    ///   - typePolicy: what becomes of a file that is not of the type that it claims.
    ///   - quotaBytes: the most that a tenant's files may hold together; nil is no limit.
    ///   - limiter: is given back what failed uploads took of their users' byte budgets; nil where there are none.
    package init(
        data: any UnitOfWork, auth: AuthService, doorbell: any Doorbell, clock: any WallClock,
        signingKey: SigningKey, maxBytes: Int64, typePolicy: UploadTypePolicy = .correct, quotaBytes: Int64? = nil,
        limiter: (any RateLimiter)? = nil
    ) {
        self.data = data
        self.auth = auth
        self.doorbell = doorbell
        self.clock = clock
        self.signingKey = signingKey
        self.maxBytes = maxBytes
        self.typePolicy = typePolicy
        quota = StorageQuota(limit: quotaBytes)
        self.limiter = limiter
    }

    /// The grant for one upload by a member whose role was checked, before its body is read.
    ///
    /// - Parameters:
    ///   - declaredBytes: the whole body's Content-Length, when known.
    ///   - idempotencyKey: the client's name for the upload: sent again, it gives the same document.
    ///   - charge: what it took of the user's byte budget; given back should it fail.
    /// - Throws: `.payloadTooLarge`, `.quotaExceeded`.
    package func authorize(
        _ session: Session, _ access: TenantAccess, requestID: String, declaredBytes: Int64?,
        idempotencyKey: IdempotencyKey? = nil, charge: UploadCharge? = nil
    ) throws(ErrorAnswer) -> String {
        // A megabyte is left for the multipart frame; the sidecar counts the file's bytes exactly.
        if let declaredBytes, declaredBytes > maxBytes + 1_048_576 {
            throw ErrorAnswer(.payloadTooLarge, details: ["max_bytes": .integer(maxBytes)])
        }
        let now = clock.now()
        let id = UploadID.ordered(at: now)
        if quota.limit != nil {
            let bytes = min(declaredBytes ?? maxBytes, maxBytes)
            try data.inTenant(access.tenant.database, .write) { tenant throws(ErrorAnswer) in
                try quota.reserve(bytes, for: id, in: tenant, at: now)
            }
        }
        return UploadGrant(
            uploadID: id, tenantID: access.tenant.id, userID: session.userID, requestID: requestID,
            tokenID: session.tokenID, tokenFamily: session.family.description, maxBytes: maxBytes,
            expires: now + UploadGrant.lifetime, address: session.origin.address, idempotencyKey: idempotencyKey?.text,
            holdsSpace: quota.limit != nil, charge: charge
        ).signed(with: signingKey)
    }

    /// What *resolve* answers.
    package enum Resolution: Sendable {
        /// The content is known: the document exists.
        case created(Document)
        /// The content is new: push it there, then commit.
        case push(UploadTarget)
    }

    /// Decides what becomes of a body that was received whole. Idempotent by upload id.
    ///
    /// - Throws: also what `UploadReplay.begin` finds of the idempotency key, and `.quotaExceeded`.
    package func resolve(_ request: ResolveUpload) throws(ErrorAnswer) -> Resolution {
        let grant = try verify(request.grant)
        let access = try admit(grant)
        guard request.size <= grant.maxBytes else {
            throw ErrorAnswer(.payloadTooLarge, details: ["max_bytes": .integer(grant.maxBytes)])
        }
        let now = clock.now()
        let candidate = try intent(for: request, grant, access, at: now)
        doorbell.ring(.tenant(access.tenant.id))
        return try data.inTenant(access.tenant.database, .write) { tenant throws(ErrorAnswer) in
            let replay = UploadReplay(grant: grant, tenant: tenant)
            if let document = try replay.begin(candidate, at: now) {
                if grant.holdsSpace { try tenant.uploads.releaseSpace(of: grant.uploadID) }
                return .created(document)
            }
            if let known = try tenant.uploads.lock(grant.uploadID) {
                guard known.file.sha256 == request.sha256, known.file.size == request.size else {
                    throw ErrorAnswer(.conflict, message: "This upload has other content.")
                }
                switch known.state {
                case .pending: return .push(target(of: known))
                case .committed: return .created(try document(of: known, tenant))
                case .abandoned: throw Self.givenUp
                }
            }
            let known = try tenant.files.holdLive(sha256: request.sha256, size: request.size)
            if known == nil { try quota.admit(request.size, for: grant.uploadID, in: tenant, at: now) }
            if grant.holdsSpace { try tenant.uploads.releaseSpace(of: grant.uploadID) }
            try tenant.uploads.insert(candidate)
            guard let known else { return .push(target(of: candidate)) }
            return .created(try createDocument(candidate, file: known, replay, access, at: now))
        }
    }

    /// How an upload whose bytes were pushed ended.
    package enum Settlement: Sendable {
        /// The document exists; with `removesObject` an identical upload was faster, and the document shows its file.
        case created(Document, removesObject: Bool)
        /// There is no document, and no later commit can make one: the object is not wanted.
        case refused(ErrorAnswer)
    }

    /// Makes the document of an upload whose bytes are in the store. Idempotent by upload id: an upload that was
    /// committed stays so, whatever its user has lost since.
    ///
    /// - Throws: everything that does not settle the upload; the object must stay then.
    package func commit(_ request: SettleUpload) throws(ErrorAnswer) -> Settlement {
        let grant = try verify(request.grant)
        let access: TenantAccess
        do {
            access = try admit(grant)
        } catch  where error.code.status < 500 {
            return try refuse(grant, error)
        }
        doorbell.ring(.tenant(access.tenant.id))
        return try data.inTenant(access.tenant.database, .write) { tenant throws(ErrorAnswer) in
            let replay = UploadReplay(grant: grant, tenant: tenant)
            try replay.lock()
            guard let intent = try tenant.uploads.lock(grant.uploadID) else {
                return .refused(ErrorAnswer(.conflict, message: "This upload is not known."))
            }
            switch intent.state {
            case .abandoned: return .refused(Self.givenUp)
            case .committed: return try committed(intent, tenant)
            case .pending:
                let file = try settleFile(intent.file, tenant)
                let document = try createDocument(intent, file: file, replay, access, at: clock.now())
                return .created(document, removesObject: file.id != intent.file.id)
            }
        }
    }

    /// Gives up an upload whose user may not upload any more, unless it was committed before.
    private func refuse(_ grant: UploadGrant, _ error: ErrorAnswer) throws(ErrorAnswer) -> Settlement {
        let found = try data.inMain(.read) { main throws(ErrorAnswer) in try main.tenants.find(grant.tenantID) }
        guard let found else { throw error }
        // Nothing is left that a later commit could find.
        guard found.state != .purged else { return .refused(error) }
        return try data.inTenant(found.database, .write) { tenant throws(ErrorAnswer) in
            if let intent = try tenant.uploads.lock(grant.uploadID), intent.state == .committed {
                return try committed(intent, tenant)
            }
            _ = try tenant.uploads.markAbandoned(grant.uploadID)
            return .refused(error)
        }
    }

    /// Gives up an upload that failed: the space kept for it is free again, what it took of a byte budget is given
    /// back, its object, if any, is removed later. Idempotent; one that was committed stays so, and keeps its charge.
    package func abandon(_ request: SettleUpload) throws(ErrorAnswer) {
        let grant = try verify(request.grant)
        let found = try data.inMain(.read) { main throws(ErrorAnswer) in try main.tenants.find(grant.tenantID) }
        guard let found, found.state != .purged else { return }
        let isCommitted = try data.inTenant(found.database, .write) { tenant throws(ErrorAnswer) -> Bool in
            // Waits for a commit that is under way.
            let intent = grant.charge == nil ? nil : try tenant.uploads.lock(grant.uploadID)
            _ = try tenant.uploads.markAbandoned(grant.uploadID)
            if grant.holdsSpace { try tenant.uploads.releaseSpace(of: grant.uploadID) }
            return intent?.state == .committed
        }
        // Last: when it fails the caller asks again, and the rest does no harm then.
        if let charge = grant.charge, !isCommitted {
            try limiter?.giveBack(charge, of: grant.userID, receipt: grant.uploadID)
        }
    }

    func verify(_ text: String) throws(ErrorAnswer) -> UploadGrant {
        guard let grant = UploadGrant(verifying: text, by: signingKey, at: clock.now()) else {
            throw ErrorAnswer(.forbidden)
        }
        return grant
    }

    /// Checks that the grant's holder may still upload: membership, role, tenant, revocation. A token's expiry does not
    /// matter: the upload was authorised when it began.
    func admit(_ grant: UploadGrant, onlyReads: Bool = false) throws(ErrorAnswer) -> TenantAccess {
        guard let family = TokenFamilyID(grant.tokenFamily) else { throw ErrorAnswer(.forbidden) }
        let session = Session(
            userID: grant.userID, tokenID: grant.tokenID, family: family, expires: grant.expires)
        guard let membership = try auth.authorize(session, tenant: grant.tenantID, onlyReads: onlyReads).membership
        else {
            throw ErrorAnswer(.tenantNotFound)
        }
        guard membership.tenant.state == .ready else { throw ErrorAnswer(.tenantSuspended) }
        guard membership.role >= .user else { throw ErrorAnswer(.forbidden) }
        let origin = RequestOrigin(address: grant.address, requestID: grant.requestID)
        return TenantAccess(tenant: membership.tenant, userID: grant.userID, role: membership.role, origin: origin)
    }

    func intent(
        for request: ResolveUpload, _ grant: UploadGrant, _ access: TenantAccess, at now: Timestamp
    ) throws(ErrorAnswer) -> UploadIntent {
        let filename: Filename
        do {
            if let field = request.filenameField {
                filename = try Filename(field)
            } else {
                filename = try Filename(lastComponentOf: request.partFilename ?? "")
            }
        } catch {
            throw error.answer(field: "filename")
        }
        let sniffed = (try? MediaType(request.sniffedType)) ?? MediaType(stored: "application/octet-stream")
        var declared: MediaType?
        if let field = request.mimeTypeField {
            do {
                declared = try MediaType(field)
            } catch {
                throw error.answer(field: "mime_type")
            }
        } else if let partType = request.partType {
            declared = try? MediaType(header: partType)  // a browser's guess: used when it fits, else ignored
        }
        guard
            let mediaType = MediaTypeRules.type(
                under: typePolicy, sniffed: sniffed, declared: declared, filename: filename)
        else {
            throw ErrorAnswer(
                .unsupportedMediaType, message: "The file is not of the type that it claims.",
                details: ["detected": .string(sniffed.text)])
        }
        let id = FileID.ordered(at: now)
        let file = StoredFile(
            id: id, md5: request.md5, sha256: request.sha256,
            key: StoredFile.key(tenant: access.tenant.id, file: id, md5: request.md5, at: now), size: request.size,
            sniffedType: sniffed, createdAt: now)
        return UploadIntent(
            id: grant.uploadID, state: .pending, userID: grant.userID, file: file, filename: filename,
            mediaType: mediaType,
            documentID: nil, expires: grant.expires)
    }

    /// The file row for pushed bytes: ours, or that of an identical upload which was faster.
    private func settleFile(
        _ file: StoredFile, _ tenant: TenantRepositories
    ) throws(ErrorAnswer) -> StoredFile {
        // A file that stands in the way can be removed between the two statements: then ours is tried again.
        for _ in 0..<5 {
            if try tenant.files.insertLive(file) { return file }
            if let known = try tenant.files.holdLive(sha256: file.sha256, size: file.size) { return known }
        }
        throw ErrorAnswer(.serviceUnavailable, cause: "a file with the same content came and went five times")
    }

    private func createDocument(
        _ intent: UploadIntent, file: StoredFile, _ replay: UploadReplay, _ access: TenantAccess, at now: Timestamp
    ) throws(ErrorAnswer) -> Document {
        let tenant = replay.tenant
        let document = Document(
            id: .ordered(at: now), filename: intent.filename, mediaType: intent.mediaType, file: file,
            userID: intent.userID, createdAt: now, updatedAt: now, createdBy: intent.userID)
        try tenant.documents.insert(document)
        try tenant.uploads.markCommitted(intent.id, document: document.id)
        try tenant.audit.append(
            access.entry(
                .uploadDocument, document.id, at: now,
                details: ["file_id": .string(file.id.description), "file_size": .integer(file.size)]))
        try replay.finish(document)
        try tenant.events.append(
            Event(
                .documentUploaded, tenant: access.tenant.id, user: intent.userID, at: now, from: access.origin,
                data: [
                    "document_id": .string(document.id.description), "file_id": .string(file.id.description),
                    "mime_type": .string(document.mediaType.text), "file_size": .integer(file.size),
                    "sha256": .string(file.sha256),
                ]))
        return document
    }

    private func committed(_ intent: UploadIntent, _ tenant: TenantRepositories) throws(ErrorAnswer) -> Settlement {
        let document = try document(of: intent, tenant)
        return .created(document, removesObject: document.file.id != intent.file.id)
    }

    private func document(of intent: UploadIntent, _ tenant: TenantRepositories) throws(ErrorAnswer) -> Document {
        guard let id = intent.documentID, let document = try tenant.documents.find(id) else {
            throw ErrorAnswer(.documentNotFound)
        }
        return document
    }

    func target(of intent: UploadIntent) -> UploadTarget {
        UploadTarget(key: intent.file.key, contentType: intent.mediaType.text)
    }
}
