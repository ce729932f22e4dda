import Base
import Postgres
import TestSupport
import Testing

extension DatabaseSuite {
    @Suite struct NotificationTests {
        let listener: Connection
        let sender: Connection

        init() throws {
            listener = try DatabaseSuite.connection()
            sender = try DatabaseSuite.connection()
            let channel = try #require(SQLIdentifier("doorbell"))
            _ = try listener.execute("LISTEN \(identifier: channel)")
        }

        @Test func notificationsArriveInOrder() throws {
            _ = try sender.execute("SELECT pg_notify('doorbell', \("tenant é"))")
            _ = try sender.execute("SELECT pg_notify('doorbell', \("second"))")
            let pid: Int32 = try sender.execute("SELECT pg_backend_pid()")[0].decode(0)
            let first = try listener.waitForNotification(timeout: .seconds(10))
            #expect(first == Notification(channel: "doorbell", payload: "tenant é", senderPID: pid))
            #expect(try listener.waitForNotification(timeout: .seconds(10))?.payload == "second")
            #expect(try listener.waitForNotification(timeout: .zero) == nil)
        }

        @Test func aNotificationThatCameDuringAQueryIsNotLost() throws {
            _ = try sender.execute("SELECT pg_notify('doorbell', 'early')")
            _ = try listener.execute("SELECT 1")
            #expect(try listener.waitForNotification(timeout: .seconds(10))?.payload == "early")
        }

        @Test func aWaitingListenerIsWoken() throws {
            let thread = WorkerThread(name: "sender") {
                _ = try? DatabaseSuite.connection().execute("SELECT pg_notify('doorbell', 'now')")
            }
            #expect(try listener.waitForNotification(timeout: .seconds(10))?.payload == "now")
            thread.join()
        }

        @Test func aServerThatGoesAwayIsAnError() throws {
            let pid: Int = try listener.execute("SELECT pg_backend_pid()")[0].decode(0)
            _ = try sender.execute("SELECT pg_terminate_backend(\(pid)::integer, 10000)")
            let error = #expect(throws: PostgresError.self) {
                while true { _ = try listener.waitForNotification(timeout: .seconds(10)) }
            }
            #expect(error?.isConnectionLost == true)
            #expect(!listener.isHealthy)
        }
    }
}
