// Catalogue: which queues and functions there are, by name, number and ARN. In memory; whoever
// changes it writes the row.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/random.hpp"
#include "common/base/result.hpp"
#include "services/queue/messages/queue.hpp"

namespace onput::queue {

// Of each account: nobody uses up what another one needs.
inline constexpr std::size_t queues_per_account_max = 100'000;
inline constexpr std::size_t functions_per_account_max = 1'000;

class Catalogue {
public:
    explicit Catalogue(std::string region) : region_(std::move(region)) {}

    // The name must be free.
    Queue& add(QueueRecord record, Settings settings);
    Queue& add(FunctionRecord record);
    void remove(const Queue& queue);

    [[nodiscard]] Queue* find_queue(std::string_view account, std::string_view name) const;
    [[nodiscard]] Queue* find_function(std::string_view account, std::string_view name) const;
    [[nodiscard]] Queue* find(QueueNumber number) const;
    // What a function's version, or the version that an alias names first, runs from. "" and
    // "$LATEST" are the function itself. Null: there is no such function or qualifier.
    [[nodiscard]] Queue* find_version(std::string_view account, std::string_view name,
                                      std::string_view qualifier) const;
    // Likewise, but of an alias with weights each version as often as its share.
    [[nodiscard]] Queue* draw_version(std::string_view account, std::string_view name,
                                      std::string_view qualifier, Random& random) const;
    // The function's own queue and those of its versions, by their numbers.
    [[nodiscard]] std::vector<Queue*> versions_of(std::string_view account,
                                                  std::string_view name) const;
    // A queue's or a function's; a function's ARN may end in a qualifier. Null for one of another
    // region.
    [[nodiscard]] Queue* find_arn(std::string_view arn) const;
    // Of a function's ARN of this region, there or not.
    struct FunctionAddress {
        std::string_view account;
        std::string_view name;
        std::string_view qualifier;
    };
    [[nodiscard]] std::optional<FunctionAddress> parse_function_arn(std::string_view arn) const;
    // What a function's ARN ends in, if that is an alias and no version; empty otherwise.
    [[nodiscard]] std::string alias_of(std::string_view arn) const;
    static bool is_alias(std::string_view qualifier);
    // The queue that a queue or function of `account` may name for its dead letters: there, of the
    // same account and region. Fails with invalid_argument; the message is SQS's "Reason: ...".
    [[nodiscard]] Result<Queue*> find_dead_letter_queue(std::string_view account,
                                                        std::string_view arn) const;
    // Function URLs by their ids. Those of a function that is added or removed come and go with
    // it; whoever changes its record's urls otherwise says so here.
    struct UrlPlace {
        Queue* function = nullptr;
        std::string qualifier;
    };
    void add_url(const std::string& id, Queue& function, std::string qualifier);
    void remove_url(const std::string& id);
    // Null: there is none.
    [[nodiscard]] const UrlPlace* find_url(const std::string& id) const;
    // How many there are of an account.
    [[nodiscard]] std::size_t count_queues(const std::string& account) const;
    [[nodiscard]] std::size_t count_functions(const std::string& account) const;

    [[nodiscard]] const std::string& region() const { return region_; }
    [[nodiscard]] std::string queue_arn(std::string_view account, std::string_view name) const;
    [[nodiscard]] std::string function_arn(std::string_view account, std::string_view name) const;

    // In order of account and name.
    using ByName = std::map<std::string, std::unique_ptr<Queue>, std::less<>>;
    [[nodiscard]] const ByName& queues() const { return queues_; }
    [[nodiscard]] const ByName& functions() const { return functions_; }
    void for_each(const std::function<void(Queue&)>& visit) const;

    // The key of queues() and functions().
    static std::string name_key(std::string_view account, std::string_view name);
    // "resize", and "resize:3" of a version.
    static std::string queue_name(std::string_view function, std::string_view version);

private:
    using Counts = std::unordered_map<std::string, std::size_t>;  // By account.

    Queue& insert(ByName& names, std::unique_ptr<Queue> queue);

    std::string region_;
    ByName queues_;
    ByName functions_;
    Counts queue_counts_;
    Counts function_counts_;
    std::unordered_map<QueueNumber, Queue*> by_number_;
    std::unordered_map<std::string, UrlPlace> urls_;  // By id.
};

}  // namespace onput::queue
