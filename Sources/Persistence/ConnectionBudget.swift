/// How the connections of a host (DATABASE_MAX_CONNECTIONS) are split over its processes. The shares never add up to
/// more than the whole.
package struct ConnectionBudget: Equatable, Sendable {
    /// Who holds connections.
    package enum Program: Sendable { case application, events, tools }

    /// Of each application process.
    package let application: Int
    package let events: Int
    /// Kept free for saasctl, one run at a time.
    package let tools: Int

    /// A unit of work may hold one connection while it takes another to the same database.
    private static let fewest = 3
    /// The doorbell's, and four for relay, handlers and rounds.
    private static let fewestOfEvents = 5
    private static let fewestOfTools = 2

    /// - Parameters:
    ///   - total: connections of the host.
    ///   - applications: how many application processes there are (FCGI_WORKERS).
    ///   - events: what the event worker may have at most (EVENT_MAX_CONNECTIONS).
    /// - Returns: nil when the total is below `fewest(applications:)`.
    package init?(total: Int, applications: Int, events wanted: Int) {
        let applications = max(1, applications)
        let spare = total - Self.fewest(applications: applications)
        guard spare >= 0 else { return nil }
        tools = max(Self.fewestOfTools, min(total / 8, 5, Self.fewestOfTools + spare))
        let left = total - tools - applications * Self.fewest
        events = max(Self.fewestOfEvents, min(wanted, total / 4, left))
        application = (total - tools - events) / applications
    }

    /// The smallest number of connections that so many application processes can work with.
    package static func fewest(applications: Int) -> Int {
        fewestOfTools + fewestOfEvents + max(1, applications) * fewest
    }

    package subscript(program: Program) -> Int {
        switch program {
        case .application: application
        case .events: events
        case .tools: tools
        }
    }
}
