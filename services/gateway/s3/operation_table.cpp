#include "services/gateway/s3/operation_table.hpp"

#include <algorithm>
#include <optional>

namespace onput::gateway::s3 {
namespace {

constexpr std::string_view bucket_uri = "/{Bucket}";
constexpr std::string_view object_uri = "/{Bucket}/{Key+}";

// A sub-resource of objects that is newer than the model.
constexpr std::string_view annotation = "annotation";

std::optional<Target> target_of_path(std::string_view path) {
    if (path == "/") return Target::service;
    if (path == bucket_uri) return Target::bucket;
    if (path == object_uri) return Target::object;
    return std::nullopt;
}

bool contains(std::span<const std::string_view> names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

void sort_names(std::vector<std::string_view>& names) {
    std::ranges::sort(names);
    const auto repeated = std::ranges::unique(names);
    names.erase(repeated.begin(), repeated.end());
}

}  // namespace

OperationTable::OperationTable(const aws::Model& model,
                               std::span<const std::string_view> implemented) {
    for (const auto& operation : model.operations()) {
        std::string_view uri = operation.uri;
        const auto target = target_of_path(aws::take_until(uri, '?'));
        if (!target) continue;
        add(operation, *target);
    }
    sub_resources_of(Target::object).push_back(annotation);
    for (auto& names : sub_resources_) sort_names(names);
    sort_names(anywhere_);
    sort(implemented);
}

std::vector<std::string_view>& OperationTable::sub_resources_of(Target target) {
    return sub_resources_.at(static_cast<std::size_t>(target));
}

void OperationTable::add(const aws::Operation& operation, Target target) {
    Entry entry{.operation = &operation, .parameters = {}, .headers = {}};
    std::string_view literal = operation.uri;
    aws::take_until(literal, '?');
    while (!literal.empty()) {
        std::string_view parameter = aws::take_until(literal, '&');
        entry.parameters.push_back(aws::take_until(parameter, '='));
        if (parameter.empty()) anywhere_.push_back(entry.parameters.back());
    }
    auto sub_resources = entry.parameters;
    if (operation.input != nullptr) {
        for (const auto& member : operation.input->members) {
            if (!member.is_required) continue;
            if (member.place == aws::Place::query) entry.parameters.push_back(member.wire_name);
            // A sub-resource says what is meant: what lacks its header is refused by name.
            if (member.place == aws::Place::header && sub_resources.empty())
                entry.headers.push_back(member.wire_name);
        }
    }
    // Where the URI names a sub-resource, what else must be there means nothing without it (`id`).
    if (sub_resources.empty()) sub_resources = entry.parameters;
    auto& names = sub_resources_of(target);
    names.insert(names.end(), sub_resources.begin(), sub_resources.end());
    const auto is_same = [&operation, target](const Group& group) {
        return group.method == operation.method && group.target == target;
    };
    auto group = std::ranges::find_if(groups_, is_same);
    if (group == groups_.end()) {
        groups_.push_back({.method = operation.method, .target = target, .entries = {}});
        group = groups_.end() - 1;
    }
    group->entries.push_back(std::move(entry));
}

void OperationTable::sort(std::span<const std::string_view> implemented) {
    const auto rank = [implemented](const Entry& entry) {
        const std::size_t traits = entry.parameters.size() + entry.headers.size();
        return 2 * traits + (contains(implemented, entry.operation->name) ? 1 : 0);
    };
    // Of the same rank the one of the longer name, which is the newer one of two that look the same
    // (GetBucketLifecycle, GetBucketLifecycleConfiguration); then in the model's order, in which
    // they lie.
    const auto is_before = [rank](const Entry& one, const Entry& other) {
        const auto first = rank(one);
        const auto second = rank(other);
        if (first != second) return first > second;
        const std::size_t length = one.operation->name.size();
        const std::size_t other_length = other.operation->name.size();
        if (length != other_length) return length > other_length;
        return std::less()(one.operation, other.operation);
    };
    for (auto& group : groups_) std::ranges::sort(group.entries, is_before);
}

bool OperationTable::Entry::takes(std::string_view parameter) const {
    if (contains(parameters, parameter)) return true;
    return operation->input != nullptr &&
           std::ranges::any_of(operation->input->members, [parameter](const auto& member) {
               return member.place == aws::Place::query && member.wire_name == parameter;
           });
}

const OperationTable::Entry* OperationTable::find(const Sent& sent) const {
    for (const auto& group : groups_) {
        if (group.target != sent.target || group.method != sent.head.method) continue;
        for (const auto& entry : group.entries) {
            const bool has_parameters = std::ranges::all_of(
                entry.parameters,
                [&sent](std::string_view name) { return contains(sent.parameters, name); });
            const bool has_headers = std::ranges::all_of(
                entry.headers,
                [&sent](std::string_view name) { return sent.head.header(name).has_value(); });
            if (has_parameters && has_headers) return &entry;
        }
    }
    return nullptr;
}

bool OperationTable::is_sub_resource(Target target, std::string_view parameter) const {
    return std::ranges::binary_search(sub_resources_.at(static_cast<std::size_t>(target)),
                                      parameter);
}

bool OperationTable::is_sub_resource(std::string_view parameter) const {
    return std::ranges::binary_search(anywhere_, parameter);
}

}  // namespace onput::gateway::s3
