#include "services/queue/commands/catalogue.hpp"

#include <algorithm>
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

constexpr std::string_view latest = "$LATEST";

bool is_number(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::string Catalogue::queue_name(std::string_view function, std::string_view version) {
    std::string name(function);
    if (!version.empty() && version != latest) name.append(":").append(version);
    return name;
}

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
    queue->name = queue_name(record.function.name, record.function.management.version);
    queue->arn = record.function.arn;
    queue->function = std::move(record);
    std::string& target = queue->function->function.dead_letter_arn;
    if (account_of_arn(target) != queue->account) target.clear();
    Queue& added = insert(functions_, std::move(queue));
    for (const auto& [qualifier, url] : added.function->urls) add_url(url.id, added, qualifier);
    return added;
}

void Catalogue::remove(const Queue& queue) {
    if (queue.function) {
        for (const auto& [qualifier, url] : queue.function->urls) remove_url(url.id);
    }
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
    const std::string_view whole = arn;
    std::array<std::string_view, 5> head{};  // arn, aws, service, region, account
    for (auto& part : head) part = take_part(arn);
    if (head[0] != "arn" || head[1] != "aws" || head[3] != region_) return nullptr;
    if (head[2] == "sqs") return find_queue(head[4], arn);
    const auto address = parse_function_arn(whole);
    return address ? find_version(address->account, address->name, address->qualifier) : nullptr;
}

std::optional<Catalogue::FunctionAddress> Catalogue::parse_function_arn(
    std::string_view arn) const {
    std::array<std::string_view, 6> head{};  // arn, aws, service, region, account, "function"
    for (auto& part : head) part = take_part(arn);
    const bool is_function = head[0] == "arn" && head[1] == "aws" && head[2] == "lambda" &&
                             head[3] == region_ && head[5] == "function";
    if (!is_function) return std::nullopt;
    FunctionAddress address{.account = head[4], .name = take_part(arn), .qualifier = arn};
    return address;
}

bool Catalogue::is_alias(std::string_view qualifier) {
    return !qualifier.empty() && qualifier != latest && !is_number(qualifier);
}

std::string Catalogue::alias_of(std::string_view arn) const {
    const auto address = parse_function_arn(arn);
    return address && is_alias(address->qualifier) ? std::string(address->qualifier)
                                                   : std::string();
}

Queue* Catalogue::find_version(std::string_view account, std::string_view name,
                               std::string_view qualifier) const {
    Queue* function = find_function(account, name);
    if (qualifier.empty() || qualifier == latest || function == nullptr) return function;
    if (is_number(qualifier)) return find_function(account, queue_name(name, qualifier));
    const auto alias = function->function->aliases.find(std::string(qualifier));
    if (alias == function->function->aliases.end()) return nullptr;
    return find_function(account, queue_name(name, alias->second.version));
}

Queue* Catalogue::draw_version(std::string_view account, std::string_view name,
                               std::string_view qualifier, Random& random) const {
    Queue* first = find_version(account, name, qualifier);
    const Queue* function = find_function(account, name);
    if (first == nullptr) return nullptr;
    const auto alias = function->function->aliases.find(std::string(qualifier));
    if (alias == function->function->aliases.end() || alias->second.weights.empty()) return first;
    constexpr double steps = 1'000'000;
    const auto& [version, share] = *alias->second.weights.begin();
    const bool is_other = static_cast<double>(random.below(1'000'000)) < share * steps;
    Queue* other = is_other ? find_function(account, queue_name(name, version)) : nullptr;
    return other != nullptr ? other : first;
}

std::vector<Queue*> Catalogue::versions_of(std::string_view account, std::string_view name) const {
    std::vector<Queue*> versions;
    if (Queue* function = find_function(account, name)) versions.push_back(function);
    const std::string prefix =
        name_key(account, queue_name(name, "0")).erase(account.size() + name.size() + 2);
    for (auto at = functions_.lower_bound(prefix);
         at != functions_.end() && at->first.starts_with(prefix); ++at)
        versions.push_back(at->second.get());
    // "10" is behind "9".
    std::ranges::sort(versions, {}, [](const Queue* queue) {
        return std::pair(queue->name.size(), std::string_view(queue->name));
    });
    return versions;
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

void Catalogue::add_url(const std::string& id, Queue& function, std::string qualifier) {
    const bool is_new =
        urls_.emplace(id, UrlPlace{.function = &function, .qualifier = std::move(qualifier)})
            .second;
    ONPUT_CHECK(is_new);
}
void Catalogue::remove_url(const std::string& id) {
    urls_.erase(id);
}
const Catalogue::UrlPlace* Catalogue::find_url(const std::string& id) const {
    const auto found = urls_.find(id);
    return found == urls_.end() ? nullptr : &found->second;
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
