#include "services/queue/commands/catalogue.hpp"

#include <array>

#include "common/base/check.hpp"

namespace onput::queue {
namespace {

Queue* find_in(const Catalogue::ByName& names, std::string_view account, std::string_view name) {
    const auto found = names.find(Catalogue::name_key(account, name));
    return found == names.end() ? nullptr : found->second.get();
}

std::size_t count_in(const std::unordered_map<std::string, std::size_t>& counts,
                     const std::string& account) {
    const auto found = counts.find(account);
    return found == counts.end() ? 0 : found->second;
}

// Takes the text before the next ':' off the front, or all of it.
std::string_view take_part(std::string_view& rest) {
    const std::string_view part = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    return part;
}

// "000000000000" of "arn:aws:sqs:us-east-1:000000000000:name".
std::string_view account_of_arn(std::string_view arn) {
    for (int before = 0; before < 4; ++before) take_part(arn);
    return take_part(arn);
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
    ++(inserted.function ? function_counts_ : queue_counts_)[inserted.account];
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
    // A row may be older than the rule that dead letters stay within their account.
    auto& redrive = queue->settings.redrive;
    if (redrive && account_of_arn(redrive->dead_letter_arn) != queue->account) redrive.reset();
    return insert(queues_, std::move(queue));
}

Queue& Catalogue::add(FunctionRecord record) {
    auto queue = std::make_unique<Queue>();
    queue->number = QueueNumber(record.number);
    queue->account = record.function.account;
    queue->name = record.function.name;
    queue->arn = record.function.arn;
    queue->function = std::move(record);
    std::string& target = queue->function->function.dead_letter_arn;
    if (account_of_arn(target) != queue->account) target.clear();
    return insert(functions_, std::move(queue));
}

void Catalogue::remove(const Queue& queue) {
    by_number_.erase(queue.number);
    --(queue.function ? function_counts_ : queue_counts_)[queue.account];
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

Result<Queue*> Catalogue::find_dead_letter_queue(std::string_view account,
                                                 std::string_view arn) const {
    // Before the look-up: whether another account has a queue is none of the caller's business.
    if (account_of_arn(arn) != account) {
        return fail(ErrorCode::invalid_argument,
                    "Dead-letter target owner should be same as the source.");
    }
    Queue* target = find_arn(arn);
    if (target == nullptr || target->function) {
        return fail(ErrorCode::invalid_argument, "Dead letter target does not exist.");
    }
    return target;
}

std::size_t Catalogue::count_queues(const std::string& account) const {
    return count_in(queue_counts_, account);
}
std::size_t Catalogue::count_functions(const std::string& account) const {
    return count_in(function_counts_, account);
}

void Catalogue::for_each(const std::function<void(Queue&)>& visit) const {
    for (const auto& [number, queue] : by_number_) visit(*queue);
}

}  // namespace onput::queue
