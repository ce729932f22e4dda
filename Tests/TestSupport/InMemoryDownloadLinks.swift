package import Base
package import Contract
package import Domain
import Synchronization

/// Download URLs that carry a ticket, which is looked up.
package final class InMemoryDownloadLinks: DownloadLinks {
    private struct Ticket {
        let path: String
        let download: VerifiedDownload
        let expires: Timestamp
    }

    private let tickets = Mutex<[String: Ticket]>([:])

    package init() {}

    package func url(for document: Document, tenant: TenantID, expires: Timestamp) -> String {
        tickets.withLock { tickets in
            let path = "/objects/\(document.file.key)"
            let query = "ticket=\(tickets.count + 1)"
            tickets[query] = Ticket(
                path: path,
                download: VerifiedDownload(
                    tenant: tenant, document: document.id, key: document.file.key,
                    contentType: document.mediaType.text,
                    contentDisposition: ContentDisposition.attachment(document.filename)),
                expires: expires)
            return "http://files.test\(path)?\(query)"
        }
    }

    package func verify(path: String, query: String, at now: Timestamp) -> VerifiedDownload? {
        tickets.withLock { tickets in
            guard let ticket = tickets[query], ticket.path == path, now < ticket.expires else { return nil }
            return ticket.download
        }
    }
}
