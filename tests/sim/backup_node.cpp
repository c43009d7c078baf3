#include "tests/sim/backup_node.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "services/notifier/journal/records.hpp"
#include "services/queue/messages/records.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::sim {
namespace {

using schema::BackupStep;

// A delivery's number is the record's sequence, times this, and a position.
constexpr std::uint64_t numbers_per_record = notifier::owed_per_event_max;

template <typename M>
std::optional<M> record_of(const TakenRows& rows, std::string_view partition,
                           const std::string& key) {
    const auto found = rows.find({std::string(partition), key});
    if (found == rows.end()) return {};
    auto record = schema::decode<M>(found->second);
    if (!record) return {};
    return *std::move(record);
}

// Which outbox it is, how far its rows are gone, and its newest number.
struct OutboxState {
    std::string source;
    std::uint64_t relayed_through = 0;
    std::uint64_t last = 0;
};

OutboxState outbox_of(const TakenRows& rows, std::string_view partition) {
    OutboxState state;
    const auto fill = [&state](const auto& record) {
        if (!record) return;
        state.source = record->source;
        state.relayed_through = record->relayed_through;
    };
    const bool is_storage = partition == storage::partition;
    if (is_storage) {
        fill(record_of<storage::StoreRecord>(rows, partition, std::string(storage::store_key)));
    } else {
        fill(record_of<queue::OutboxRecord>(rows, partition, queue::outbox_key()));
    }
    const outbox::Rows outbox = is_storage ? storage::outbox_rows() : queue::outbox_rows();
    state.last = state.relayed_through;
    for (const auto& [key, value] : rows) {
        if (key.first != partition || !key.second.starts_with(outbox.prefix)) continue;
        if (const auto number = outbox.number_of(key.second)) {
            state.last = std::max(state.last, *number);
        }
    }
    return state;
}

}  // namespace

BackupNode::BackupNode(const Parts& parts)
    : Node(parts.world, "backup"), services_{&parts.storage, &parts.notifier, &parts.queue} {
    for (std::size_t i = 0; i < services_.size(); ++i) {
        clients_.at(i) = parts.requests.connect(*this, *services_.at(i));
    }
}

void BackupNode::on_start() {
    rest();
}

void BackupNode::rest() {
    if (is_stopped_) return;
    after(world_.between(milliseconds(100), seconds(6)), [this] {
        ++id_;
        run(BackupStep::prepare);
    });
}

void BackupNode::run(BackupStep step) {
    const auto state = std::make_shared<Step>();
    for (const auto& client : clients_) {
        transport::CallOptions options;
        options.timeout = seconds(4);
        transport::call(
            *client,
            schema::ServiceBackup{.step = step, .id = std::to_string(id_), .target = "/backup"},
            std::move(options), [this, step, state](const auto& reply, const auto&) {
                state->has_failed = state->has_failed || !reply;
                if (--state->open == 0) go_on(step, state->has_failed);
            });
    }
}

void BackupNode::go_on(BackupStep step, bool has_failed) {
    if (step == BackupStep::abandon) return rest();
    if (has_failed) return run(BackupStep::abandon);
    if (step == BackupStep::prepare) return run(BackupStep::take);
    if (step == BackupStep::take) return run(BackupStep::release);
    ++taken_;
    check_moment();
    run(BackupStep::abandon);
}

void BackupNode::check_moment() {
    const TakenRows& storage = services_[0]->taken();
    const TakenRows& notifier = services_[1]->taken();
    const TakenRows& queue = services_[2]->taken();
    check_outbox(storage, storage::partition, notifier);
    check_outbox(queue, queue::partition, notifier);
    check_deliveries(notifier, queue);
}

// Else an event of after the moment is taken for one that is known, or one of before it is nowhere.
void BackupNode::check_outbox(const TakenRows& from, std::string_view partition,
                              const TakenRows& notifier) {
    const OutboxState state = outbox_of(from, partition);
    if (state.source.empty()) return;
    const auto record =
        record_of<notifier::SourceRecord>(notifier, notifier::partition, "r/" + state.source);
    const std::uint64_t mark = record ? record->through : 0;
    if (mark > state.last || mark < state.relayed_through) {
        world_.broken(fmt::format(
            "a backup is one moment: the notifier has {} through {}, which has {} to {}",
            state.source, mark, state.relayed_through, state.last));
    }
}

void BackupNode::check_deliveries(const TakenRows& notifier, const TakenRows& queue) {
    const auto journal =
        record_of<notifier::JournalStateRecord>(notifier, notifier::partition, "s");
    if (!journal) return;
    const std::string prefix = queue::delivery_mark_rows().from;
    for (const auto& [key, value] : queue) {
        if (key.first != queue::partition || !key.second.starts_with(prefix)) continue;
        const std::string_view name = std::string_view(key.second).substr(prefix.size());
        if (!name.starts_with(journal->epoch)) continue;
        const auto mark = schema::decode<queue::DeliveryMarkRecord>(value);
        if (!mark || mark->through / numbers_per_record <= journal->head_sequence) continue;
        world_.broken(fmt::format(
            "a backup is one moment: the queue has delivery {}, the journal ends at record {}",
            mark->through, journal->head_sequence));
    }
    for (const auto& [key, value] : notifier) {
        if (key.first != notifier::partition || !key.second.starts_with("b/")) continue;
        const std::string arn = key.second.substr(2, key.second.find('\0') - 2);
        const auto delivered = schema::decode<notifier::DeliveryRecord>(value);
        // Marks of subscriptions have other names, and old ones go.
        const auto mark = record_of<queue::DeliveryMarkRecord>(
            queue, queue::partition, queue::delivery_mark_key(journal->epoch, arn));
        if (!delivered || !mark || mark->through >= delivered->last_number) continue;
        world_.broken(
            fmt::format("a backup is one moment: {} was delivered through {}, and the "
                        "queue has it through {}",
                        arn, delivered->last_number, mark->through));
    }
}

}  // namespace onput::sim
