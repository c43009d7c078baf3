#include "tests/sim/queue_checks.hpp"

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "services/queue/commands/settings.hpp"
#include "services/queue/lanes/dispatcher.hpp"
#include "tests/sim/mover_node.hpp"

namespace onput::sim {
namespace {

template <schema::Message M>
M decoded(const std::string& bytes) {
    auto message = schema::decode<M>(bytes);
    ONPUT_CHECK(message.has_value());
    return *std::move(message);
}

}  // namespace

void QueueChecks::follow_queues(const store::Batch& batch) {
    for (const auto& [key, value] : batch.changes()) {
        if (!value) continue;
        if (key.starts_with("q")) {
            const auto record = decoded<queue::QueueRecord>(*value);
            const auto settings =
                queue::parse_settings(record.attributes, auth::PolicySource::store);
            ONPUT_CHECK(settings.has_value());
            queues_[queue::QueueNumber(record.number)] = {
                .name = record.name,
                .retention = std::chrono::seconds(settings->retention_s),
                .receives_max = settings->redrive ? settings->redrive->receives_max : 0};
        } else if (key.starts_with("f")) {
            const auto record = decoded<queue::FunctionRecord>(*value);
            queues_[queue::QueueNumber(record.number)] = {.name = record.function.name,
                                                          .is_function = true};
        }
    }
}

void QueueChecks::committed(const store::Batch& batch) {
    follow_queues(batch);
    std::map<std::string, Message> gone;
    for (const auto& [key, value] : batch.changes()) {
        const auto row = queue::parse_message_key(key);
        if (!row || value) continue;
        const auto found = messages_.find(row->message);
        ONPUT_CHECK(found != messages_.end());
        gone.emplace(found->second.id, found->second);
        there_.erase(found->second.id);
    }
    for (const auto& [key, value] : batch.changes()) {
        const auto row = queue::parse_message_key(key);
        if (!row || !value) continue;
        const auto record = decoded<queue::MessageRecord>(*value);
        // A task gives what it moves a new id.
        const std::string& name = queues_.at(row->queue).name;
        const bool is_of_mover = name == move_source || name == move_target;
        add(row->message,
            {.queue = row->queue,
             .id = is_of_mover ? record.body : record.message_id,
             .sent_at = world_.elapsed()},
            gone);
    }
    for (const auto& [key, value] : batch.changes()) {
        const auto row = queue::parse_message_key(key);
        if (!row || value) continue;
        Message& message = messages_.at(row->message);
        message.has_moved = !gone.contains(message.id);
    }
    for (const auto& [id, message] : gone) check_gone(message);
    for (const auto& [key, value] : batch.changes()) {
        const auto number = queue::parse_lease_key(key);
        if (!number || !value || decoded<queue::LeaseRecord>(*value).lease == 0) continue;
        ++messages_.at(*number).leases;
    }
}

void QueueChecks::add(queue::MessageNumber number, Message message,
                      std::map<std::string, Message>& gone) {
    const auto before = gone.find(message.id);
    const bool before_is_known = before != gone.end();
    if (before != gone.end()) {
        const Queue& left = queues_.at(before->second.queue);
        world_.note(fmt::format("{} moves from {} to {}", message.id.substr(0, 6), left.name,
                                queues_.at(message.queue).name));
        world_.expect(before->second.leases >= left.receives_max,
                      fmt::format("message {} is a dead letter of {}, which handed it out {} times",
                                  message.id, left.name, before->second.leases));
        ++(left.name == move_source ? moved_by_tasks_ : moved_);
        message.sent_at = before->second.sent_at;
        gone.erase(before);
    }
    // The network doubles sends, too.
    const std::string& name = queues_.at(message.queue).name;
    if (name == move_source && there_.contains(message.id)) handovers_.may_come_twice(message.id);
    world_.expect(before_is_known || name != move_target || handovers_.is_let_twice(message.id),
                  "a message was moved that is not in the source any more: " + message.id);
    const bool is_alone = there_.emplace(message.id, number).second;
    world_.expect(is_alone || handovers_.is_let_twice(message.id),
                  "a message is there twice: " + message.id);
    messages_.insert_or_assign(number, std::move(message));
}

void QueueChecks::restarted(const std::vector<queue::MessageNumber>& there) {
    there_.clear();
    for (const queue::MessageNumber number : there) {
        const auto known = messages_.find(number);
        ONPUT_CHECK(known != messages_.end());
        known->second.has_moved = false;
        there_.emplace(known->second.id, number);
    }
}

bool QueueChecks::removing(queue::MessageNumber number) {
    const auto found = messages_.find(number);
    if (found == messages_.end() || found->second.has_moved) return false;
    removing_.insert(found->second.id);
    return true;
}

void QueueChecks::check_gone(const Message& message) {
    const Queue& queue = queues_.at(message.queue);
    if (queue.is_function || removing_.contains(message.id)) return;
    const Duration age = world_.elapsed() - message.sent_at;
    world_.note(fmt::format("{} has expired in {} after {} ms", message.id.substr(0, 6), queue.name,
                            age.count() / 1000));
    world_.expect(2 * age >= queue.retention,
                  fmt::format("message {} of {} was deleted by nobody, after {} ms", message.id,
                              queue.name, age.count() / 1000));
    ++expired_;
    handovers_.expired(message.id);
}

void QueueChecks::sending(const schema::LaneGrants& grants) {
    std::size_t bytes = 0;
    for (const auto& grant : grants.grants) bytes += grant.body.size();
    world_.expect(grants.grants.size() <= 1 || bytes <= queue::grants_bytes_max,
                  fmt::format("{} grants have {} bytes", grants.grants.size(), bytes));
}

}  // namespace onput::sim
