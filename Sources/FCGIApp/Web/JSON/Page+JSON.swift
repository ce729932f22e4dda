import Base
import Domain

extension Page {
    /// `{page, per_page, total, pages, next_cursor}`, and `total_is_lower_bound` when it is one.
    func writePagination(to json: inout JSONWriter) {
        json.object { json in
            json.member("page", request.page)
            json.member("per_page", request.perPage)
            json.member("total", total)
            if totalIsLowerBound { json.member("total_is_lower_bound", true) }
            json.member("pages", pages)
            json.member("next_cursor", nextCursor)
        }
    }
}

/// A list under its name, beside its pagination.
struct ListAnswer<Element: JSONWritable & Sendable>: JSONWritable {
    let name: StaticString
    let page: Page<Element>

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member(name, page.elements)
            json.key("pagination")
            page.writePagination(to: &json)
        }
    }
}
