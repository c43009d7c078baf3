#include "tests/sim/topics_node.hpp"

#include "common/base/check.hpp"

namespace onput::sim {
namespace {

const std::string partition = "topics";

}  // namespace

void TopicsNode::open() {
    const auto row = store_.get(partition, "through");
    ONPUT_CHECK(row.has_value());
    through_ = *row ? std::stoull(**row) : 0;
    synced_ = 0;
}

void TopicsNode::append(const schema::AppendEvents& request, const std::vector<std::string>& events,
                        Answer<schema::EventsAppended> answer) {
    // As long as the queue has one store, it has one source.
    world_.expect(source_.empty() || source_ == request.source,
                  "the queue's outbox has a new name");
    source_ = request.source;
    const std::uint64_t before = through_;
    for (std::size_t i = 0; i < events.size(); ++i) {
        tellings_.handed_over(request.numbers[i], events[i]);
        if (request.numbers[i] > through_) through_ = request.numbers[i];
    }
    if (through_ > before) {
        store::Batch batch(partition);
        batch.put("through", std::to_string(through_));
        commit(std::move(batch));
    }
    when_durable([this, through = through_, answer = std::move(answer)] {
        tellings_.taken(through);
        answer(schema::EventsAppended{.through = through});
    });
}

void TopicsNode::on_turn_end() {
    if (store_.last_ticket() == synced_) return;
    synced_ = store_.last_ticket();
    sync();
}

}  // namespace onput::sim
