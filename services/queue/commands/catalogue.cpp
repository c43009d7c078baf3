#include "services/queue/commands/catalogue.hpp"

#include <array>

#include "common/base/check.hpp"

namespace onput::queue {
namespace {

Queue* find_in(const Catalogue::ByName& names, std::string_view account, std::string_view name) {
    const auto found = names.find(Catalogue::name_key(account, name));
    return found == names.end() ? nullptr : found->second.get();
}

// Takes the text before the next ':' off the front, or all of it.
std::string_view take_part(std::string_view& rest) {
    const std::string_view part = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    return part;
}

}  // namespace

std::string Catalogue::name_key(std::string_view account, std::string_view name) {
    std::string key;
    key.reserve(account.size() + name.size() + 1);
    key.append(account).append("/").append(name);
    return key;
}

std::string Catalogue::queue_arn(std::string_view account, std::string_view name) const {
    return "arn:aws:sqs:" + region_ + ":" + std::string(account) + ":" + std::string(name);
}
std::string Catalogue::function_arn(std::string_view account, std::string_view name) const {
    return "arn:aws:lambda:" + region_ + ":" + std::string(account) +
           ":function:" + std::string(name);
}

Queue& Catalogue::insert(ByName& names, std::unique_ptr<Queue> queue) {
    Queue& inserted = *queue;
    const bool is_new_number = by_number_.emplace(inserted.number, queue.get()).second;
    ONPUT_CHECK(is_new_number);
    const bool is_new_name =
        names.emplace(name_key(inserted.account, inserted.name), std::move(queue)).second;
    ONPUT_CHECK(is_new_name);
    return inserted;
}

Queue& Catalogue::add(QueueRecord record, Settings settings) {
    auto queue = std::make_unique<Queue>();
    queue->number = QueueNumber(record.number);
    queue->account = record.account;
    queue->name = record.name;
    queue->arn = queue_arn(record.account, record.name);
    queue->record = std::move(record);
    queue->settings = std::move(settings);
    return insert(queues_, std::move(queue));
}

Queue& Catalogue::add(FunctionRecord record) {
    auto queue = std::make_unique<Queue>();
    queue->number = QueueNumber(record.number);
    queue->account = record.function.account;
    queue->name = record.function.name;
    queue->arn = record.function.arn;
    queue->function = std::move(record);
    return insert(functions_, std::move(queue));
}

void Catalogue::remove(const Queue& queue) {
    by_number_.erase(queue.number);
    ByName& names = queue.function ? functions_ : queues_;
    names.erase(names.find(name_key(queue.account, queue.name)));
}

Queue* Catalogue::find_queue(std::string_view account, std::string_view name) const {
    return find_in(queues_, account, name);
}
Queue* Catalogue::find_function(std::string_view account, std::string_view name) const {
    return find_in(functions_, account, name);
}
Queue* Catalogue::find(QueueNumber number) const {
    const auto found = by_number_.find(number);
    return found == by_number_.end() ? nullptr : found->second;
}

Queue* Catalogue::find_arn(std::string_view arn) const {
    std::array<std::string_view, 5> head{};  // arn, aws, service, region, account
    for (auto& part : head) part = take_part(arn);
    if (head[0] != "arn" || head[1] != "aws" || head[3] != region_) return nullptr;
    if (head[2] == "sqs") return find_queue(head[4], arn);
    if (head[2] != "lambda" || take_part(arn) != "function") return nullptr;
    const std::string_view name = take_part(arn);
    if (!arn.empty() && arn != "$LATEST") return nullptr;
    return find_function(head[4], name);
}

void Catalogue::for_each(const std::function<void(Queue&)>& visit) const {
    for (const auto& [number, queue] : by_number_) visit(*queue);
}

}  // namespace onput::queue
