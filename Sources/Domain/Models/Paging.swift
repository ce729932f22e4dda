/// Which page of a list is wanted: pages count from 1.
package struct PageRequest: Equatable, Sendable {
    /// Rows deeper than this are reached by cursor only.
    package static let deepestRow = 10_000

    package let page: Int
    package let perPage: Int

    package init(page: Int = 1, perPage: Int = 20) {
        self.page = page
        self.perPage = perPage
    }

    /// Rows before this page.
    package var offset: Int64 { Int64(page - 1) * Int64(perPage) }
}

/// One page of a list, with the size of the whole.
package struct Page<Element: Sendable>: Sendable {
    package let elements: [Element]
    package let request: PageRequest
    package let total: Int64
    /// The total was counted up to a limit only; there are more.
    package let totalIsLowerBound: Bool
    /// Opaque text that continues after the last element; nil at the end or where the list has no cursor.
    package let nextCursor: String?

    package init(
        _ elements: [Element], request: PageRequest, total: Int64, totalIsLowerBound: Bool = false,
        nextCursor: String? = nil
    ) {
        self.elements = elements
        self.request = request
        self.total = total
        self.totalIsLowerBound = totalIsLowerBound
        self.nextCursor = nextCursor
    }

    /// How many pages there are.
    package var pages: Int64 { (total + Int64(request.perPage) - 1) / Int64(request.perPage) }
}
