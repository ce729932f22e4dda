import Base
import Persistence
import Testing

@Suite struct ConnectionBudgetTests {
    @Test func sharesNeverAddUpToMoreThanTheWhole() throws {
        for applications in 1...16 {
            let fewest = ConnectionBudget.fewest(applications: applications)
            #expect(ConnectionBudget(total: fewest - 1, applications: applications, events: 16) == nil)
            for total in fewest...(fewest + 200) {
                let budget = try #require(ConnectionBudget(total: total, applications: applications, events: 16))
                #expect(budget.application * applications + budget.events + budget.tools <= total)
                #expect(budget.application >= 3 && budget.events >= 5 && budget.tools >= 2)
            }
        }
    }

    @Test func smallServerIsSharedOut() throws {
        let budget = try #require(ConnectionBudget(total: 36, applications: 2, events: 16))
        #expect((budget.application, budget.events, budget.tools) == (11, 9, 4))
    }

    @Test func tooFewConnectionsAreAProblemOfTheSettings() {
        var environment = Environment([
            "DATABASE_URL": "postgresql://u@h/d", "DATABASE_MAX_CONNECTIONS": "12", "FCGI_WORKERS": "2",
        ])
        let settings = DatabaseSettings(&environment, applicationName: "x", program: .application, workers: 2)
        #expect(settings == nil)
        #expect(environment.problems == ["DATABASE_MAX_CONNECTIONS must be at least 13 with FCGI_WORKERS=2"])
    }
}
