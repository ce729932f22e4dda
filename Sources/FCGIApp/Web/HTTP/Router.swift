import Base
package import Contract

/// Finds the route of a path: a tree of segments in which a static segment wins over a named one.
package struct Router: Sendable {
    /// Every route, in the order given.
    package let routes: [Route]
    private let root: Node

    /// - Precondition: no two routes have the same method and pattern.
    package init(_ routes: [Route]) {
        self.routes = routes
        var root = Node()
        for (number, var route) in routes.enumerated() {
            route.number = number
            root.insert(route, route.pattern.split(separator: "/").map(String.init)[...])
        }
        self.root = root
    }

    /// - Throws: `.notFound` for an unknown path, `.methodNotAllowed` with the methods it has in `details.allowed`.
    package func match(
        _ method: Request.Method, _ segments: [String]
    ) throws(ErrorAnswer) -> (route: Route, parameters: PathParameters) {
        guard let node = root.find(segments[...]) else { throw ErrorAnswer(.notFound) }
        guard let route = node.routes[method == .head ? .get : method] else {
            throw ErrorAnswer(
                .methodNotAllowed, details: ["allowed": .array(node.allowedMethods.map { .string($0) })])
        }
        let values = route.names.map { (name: $0.name, value: segments[$0.place]) }
        return (route, PathParameters(values: values))
    }

    private struct Node: Sendable {
        var fixed: [String: Node] = [:]
        var named: [Node] = []  // at most one; an array because a struct cannot hold itself
        var routes: [Request.Method: Route] = [:]

        var allowedMethods: [String] {
            var names = routes.keys.map(\.rawValue)
            if routes[.get] != nil { names.append(Request.Method.head.rawValue) }
            return (names + ["OPTIONS"]).sorted()
        }

        mutating func insert(_ route: Route, _ segments: ArraySlice<String>) {
            guard let segment = segments.first else {
                precondition(routes.updateValue(route, forKey: route.method) == nil, "two routes \(route.pattern)")
                return
            }
            if segment.hasPrefix("{") {
                if named.isEmpty { named.append(Node()) }
                named[0].insert(route, segments.dropFirst())
            } else {
                fixed[segment, default: Node()].insert(route, segments.dropFirst())
            }
        }

        func find(_ segments: ArraySlice<String>) -> Node? {
            guard let segment = segments.first else { return routes.isEmpty ? nil : self }
            if let node = fixed[segment]?.find(segments.dropFirst()) { return node }
            return segment.isEmpty ? nil : named.first?.find(segments.dropFirst())
        }
    }
}
