import Base
package import Contract

/// What became of one call among others.
package enum UploadResult: Sendable {
    case resolved(UploadService.Resolution)
    case settled(UploadService.Settlement)
    /// What `resolve` or `commit` threw.
    case failed(ErrorAnswer)
}

extension UploadService {
    /// Carries out calls that came at the same time, each as if it had come alone, in any order.
    ///
    /// The ordinary ones share one statement a tenant and kind: new content, a pending intent, no idempotency key, no
    /// quota. Whatever that statement does not take, for whatever reason, goes the long way by itself, which gives it
    /// its exact answer; both ways are idempotent by upload id, so nothing happens twice when the statement's end is
    /// not known.
    package func carryOut(_ calls: [UploadCall]) -> [UploadResult] {
        let now = clock.now()
        var results = [UploadResult?](repeating: nil, count: calls.count)
        var plan = Plan()
        for (index, call) in calls.enumerated() {
            if let outcome = enter(call, index, in: &plan, at: now) { results[index] = outcome }
        }
        for tenant in plan.tenants.values {
            // An intent tells nobody anything yet.
            if !tenant.commits.isEmpty { doorbell.ring(.tenant(tenant.access.tenant.id)) }
            for (index, resolution) in open(tenant) { results[index] = .resolved(resolution) }
            for (index, settlement) in settle(tenant, at: now) { results[index] = .settled(settlement) }
        }
        return zip(calls, results).map { call, result in result ?? alone(call) }
    }

    /// The calls that can go together.
    private struct Plan {
        struct Tenant {
            let access: TenantAccess
            var intents: [(index: Int, intent: UploadIntent)] = []
            var commits: [(index: Int, commit: UploadCommit)] = []
        }

        var tenants: [TenantID: Tenant] = [:]
        /// By token family, user, tenant and whether it commits: uploads of one session are admitted by one look.
        var admitted: [String: Result<TenantAccess, ErrorAnswer>] = [:]
        var uploads: Set<UploadID> = []
    }

    /// Adds the call to the plan unless it is out of the ordinary; gives what is final already.
    private func enter(_ call: UploadCall, _ index: Int, in plan: inout Plan, at now: Timestamp) -> UploadResult? {
        let (text, commits) =
            switch call {
            case .resolve(let request): (request.grant, false)
            case .commit(let request): (request.grant, true)
            }
        guard let grant = try? verify(text) else { return .failed(ErrorAnswer(.forbidden)) }
        guard grant.idempotencyKey == nil, !grant.holdsSpace,
            let access = try? admitted(grant, commits: commits, &plan).get(),
            plan.uploads.insert(grant.uploadID).inserted
        else { return nil }
        var tenant = plan.tenants[grant.tenantID] ?? Plan.Tenant(access: access)
        switch call {
        case .resolve(let request):
            guard quota.limit == nil, request.size <= grant.maxBytes,
                let intent = try? intent(for: request, grant, access, at: now)
            else { return nil }
            tenant.intents.append((index, intent))
        case .commit:
            tenant.commits.append((index, UploadCommit(grant.uploadID, from: access.origin, at: now)))
        }
        plan.tenants[grant.tenantID] = tenant
        return nil
    }

    /// `admit` with the grant's own origin, asked once for a session. An intent changes nothing that anybody sees, and
    /// its commit asks anew.
    private func admitted(
        _ grant: UploadGrant, commits: Bool, _ plan: inout Plan
    ) -> Result<TenantAccess, ErrorAnswer> {
        let session = "\(grant.tokenFamily) \(grant.userID) \(grant.tenantID) \(commits)"
        if let known = plan.admitted[session] {
            return known.map { access in
                TenantAccess(
                    tenant: access.tenant, userID: access.userID, role: access.role,
                    origin: RequestOrigin(address: grant.address, requestID: grant.requestID))
            }
        }
        let access = Result { () throws(ErrorAnswer) in try admit(grant, onlyReads: !commits) }
        plan.admitted[session] = access
        return access
    }

    private func open(_ tenant: Plan.Tenant) -> [(Int, Resolution)] {
        guard !tenant.intents.isEmpty else { return [] }
        let opened = try? data.inTenant(tenant.access.tenant.database, .statement) {
            repositories throws(ErrorAnswer) in
            try repositories.uploads.open(tenant.intents.map(\.intent))
        }
        return tenant.intents.compactMap { index, intent in
            opened?.contains(intent.id) == true ? (index, .push(target(of: intent))) : nil
        }
    }

    private func settle(_ tenant: Plan.Tenant, at now: Timestamp) -> [(Int, Settlement)] {
        guard !tenant.commits.isEmpty else { return [] }
        let settled = try? data.inTenant(tenant.access.tenant.database, .statement) {
            repositories throws(ErrorAnswer) in
            try repositories.uploads.settle(tenant.commits.map(\.commit), tenant: tenant.access.tenant.id, at: now)
        }
        return tenant.commits.compactMap { index, commit in
            settled?[commit.uploadID].map { (index, .created($0, removesObject: false)) }
        }
    }

    private func alone(_ call: UploadCall) -> UploadResult {
        do throws(ErrorAnswer) {
            switch call {
            case .resolve(let request): return .resolved(try resolve(request))
            case .commit(let request): return .settled(try commit(request))
            }
        } catch {
            return .failed(error)
        }
    }
}
