/// How much there is an hour; 0 is no limit.
package struct RateBudgets: Sendable {
    let requestsPerUser: Int64
    let requestsPerTenant: Int64
    let uploadBytesPerUser: Int64

    package init(requestsPerUser: Int, requestsPerTenant: Int = 0, uploadBytesPerUser: Int = 0) {
        self.requestsPerUser = Int64(requestsPerUser)
        self.requestsPerTenant = Int64(requestsPerTenant)
        self.uploadBytesPerUser = Int64(uploadBytesPerUser)
    }

    func limit(of subject: RateSubject) -> Int64 {
        switch subject {
        case .user: requestsPerUser
        case .tenant: requestsPerTenant
        case .uploads: uploadBytesPerUser
        }
    }
}
