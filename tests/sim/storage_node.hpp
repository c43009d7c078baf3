// The storage process: its real core, driven as services/storage/{service,ledger}.cpp do.
#pragma once

#include <memory>
#include <string>

#include "services/storage/core.hpp"
#include "tests/sim/changes.hpp"
#include "tests/sim/network.hpp"
#include "tests/sim/relay_model.hpp"

namespace onput::sim {

class NotifierNode;

class StorageNode : public DurableNode {
public:
    StorageNode(World& world, Network& network, Changes& changes)
        : DurableNode(world, "storage"), changes_(changes), relay_({network, *this, store_}) {}
    void connect(NotifierNode& notifier);

    struct PutCommand {
        schema::PutObject object;
        std::string bytes;
        schema::TraceContext trace;
    };
    void put(const PutCommand& command, Answer<schema::ObjectPut> answer);
    void remove(const schema::DeleteObject& request, Answer<schema::ObjectDeleted> answer);
    void get(const schema::GetObject& request, Answer<storage::Reading> answer);

    // Buckets and rules, before the first turn.
    void set_up();
    [[nodiscard]] bool is_idle() const;
    void check();

private:
    void open() override;
    void close() override { core_.reset(); }
    void on_survived(store::Ticket survives) override { changes_.survived(survives); }
    void on_turn_end() override;

    storage::Caller caller(schema::TraceContext trace = {}) const;
    void commit_effects(storage::Effects& effects);
    template <typename Reply>
    void answer_when_durable(Answer<Reply> answer, Result<Reply> result) {
        when_durable([answer = std::move(answer), result = std::move(result)] { answer(result); });
    }
    void follow(const storage::Effects& effects, const PutCommand& command);

    Changes& changes_;
    std::unique_ptr<storage::StorageCore> core_;
    RelayModel relay_;
    storage::Pins pins_;
    store::Ticket synced_ = 0;
    std::uint64_t events_followed_ = 0;
};

}  // namespace onput::sim
