#include "common/runtime/reply_gate.hpp"

#include <gtest/gtest.h>

namespace onput::runtime {
namespace {

// Only its tickets matter.
class TicketStore final : public store::Store {
public:
    store::Ticket last = 0;
    store::Ticket safe = 0;

    Result<std::optional<std::string>> get(std::string_view, std::string_view) const override {
        return std::nullopt;
    }
    Result<std::vector<store::Row>> scan(std::string_view, const store::Range&,
                                         store::ScanLimit) const override {
        return std::vector<store::Row>{};
    }
    Result<std::vector<std::string>> scan_keys(std::string_view, const store::Range&,
                                               std::size_t) const override {
        return std::vector<std::string>{};
    }
    Result<store::Ticket> commit(store::Batch) override { return ++last; }
    void sync() override {}
    [[nodiscard]] store::Ticket last_ticket() const override { return last; }
    [[nodiscard]] store::Ticket durable() const override { return safe; }
};

class ReplyGateTest : public testing::Test {
protected:
    void reply(const std::string& name) {
        gate.when_durable([this, name] { replied += name; });
    }
    void commit() { static_cast<void>(store.commit(store::Batch("p"))); }
    void become_durable(store::Ticket ticket) {
        store.safe = ticket;
        gate.on_durable(ticket);
    }

    TicketStore store;
    ReplyGate gate{store};
    std::string replied;
};

TEST_F(ReplyGateTest, work_that_depends_on_nothing_runs_at_once) {
    reply("a");
    EXPECT_EQ(replied, "a");
}

TEST_F(ReplyGateTest, work_waits_for_what_was_committed_before_it) {
    commit();
    reply("a");
    EXPECT_EQ(replied, "");
    EXPECT_EQ(gate.held(), 1U);
    become_durable(1);
    EXPECT_EQ(replied, "a");
    EXPECT_EQ(gate.held(), 0U);
}

TEST_F(ReplyGateTest, a_sync_releases_only_what_it_covers_and_in_order) {
    commit();
    reply("a");
    reply("b");
    commit();
    reply("c");
    become_durable(1);
    EXPECT_EQ(replied, "ab");
    become_durable(2);
    EXPECT_EQ(replied, "abc");
}

TEST_F(ReplyGateTest, work_does_not_pass_work_that_waits) {
    commit();
    reply("a");
    store.safe = 1;  // Durable, but not told yet.
    reply("b");
    EXPECT_EQ(replied, "");
    gate.on_durable(1);
    EXPECT_EQ(replied, "ab");
}

TEST_F(ReplyGateTest, released_work_may_hold_more) {
    commit();
    gate.when_durable([this] {
        replied += "a";
        commit();
        reply("b");
    });
    become_durable(1);
    EXPECT_EQ(replied, "a");
    become_durable(2);
    EXPECT_EQ(replied, "ab");
}

TEST_F(ReplyGateTest, what_depends_on_an_older_commit_passes_what_waits_for_newer_ones) {
    commit();
    become_durable(1);
    commit();
    reply("a");
    gate.when_durable(1, [this] { replied += "b"; });
    EXPECT_EQ(replied, "b");
    gate.when_durable(2, [this] { replied += "c"; });
    EXPECT_EQ(replied, "b");
    become_durable(2);
    EXPECT_EQ(replied, "bac");
}

TEST_F(ReplyGateTest, a_gate_that_is_shut_holds_what_is_durable_already) {
    gate.shut();
    gate.when_durable(0, [this] { replied += "a"; });
    EXPECT_EQ(replied, "");
    gate.open();
    EXPECT_EQ(replied, "a");
}

}  // namespace
}  // namespace onput::runtime
