#include "common/json/value.hpp"

#include <algorithm>
#include <numeric>

#include "common/base/check.hpp"

namespace onput::json {
namespace {

// Positions of members by their names; of the same name, in the order of the members.
std::vector<std::uint32_t> positions_by_name(const std::vector<Member>& members) {
    ONPUT_CHECK(std::in_range<std::uint32_t>(members.size()));
    std::vector<std::uint32_t> positions(members.size());
    std::iota(positions.begin(), positions.end(), 0U);
    std::ranges::sort(positions, {}, [&members](std::uint32_t position) {
        return std::pair(std::string_view(members[position].name), position);
    });
    return positions;
}

}  // namespace

const std::string* find_repeated_name(const std::vector<Member>& members) {
    if (members.size() <= Object::searched_members_max) {
        for (auto one = members.begin(); one != members.end(); ++one) {
            if (std::find_if(members.begin(), one, [one](const Member& earlier) {
                    return earlier.name == one->name;
                }) != one) {
                return &one->name;
            }
        }
        return nullptr;
    }
    const auto positions = positions_by_name(members);
    const auto repeated = std::ranges::adjacent_find(
        positions, {}, [&members](std::uint32_t position) -> const std::string& {
            return members[position].name;
        });
    return repeated == positions.end() ? nullptr : &members[*repeated].name;
}

Object::Object(std::initializer_list<Member> members) : Object(std::vector<Member>(members)) {}

Object::Object(std::vector<Member> members) : members_(std::move(members)) {
    if (find_repeated_name(members_) != nullptr) merge_repeated();
    rebuild_index();
}

void Object::merge_repeated() {
    const auto positions = positions_by_name(members_);
    std::vector<bool> is_repetition(members_.size());
    std::uint32_t first = positions.front();
    for (std::size_t i = 1; i < positions.size(); ++i) {
        const std::uint32_t position = positions[i];
        if (members_[position].name != members_[first].name) {
            first = position;
        } else {
            members_[first].value = std::move(members_[position].value);
            is_repetition[position] = true;
        }
    }
    std::size_t kept = 0;
    for (std::size_t i = 0; i < members_.size(); ++i) {
        if (is_repetition[i]) continue;
        if (kept != i) members_[kept] = std::move(members_[i]);
        ++kept;
    }
    members_.resize(kept);
}

void Object::rebuild_index() {
    index_.clear();
    if (members_.size() > searched_members_max) index_ = positions_by_name(members_);
}

std::size_t Object::place_in_index(std::string_view name) const {
    const auto place = std::ranges::lower_bound(index_, name, {}, [this](std::uint32_t position) {
        return std::string_view(members_[position].name);
    });
    return static_cast<std::size_t>(place - index_.begin());
}

std::optional<std::size_t> Object::position_of(std::string_view name) const {
    if (index_.empty()) {
        const auto found = std::ranges::find(members_, name, &Member::name);
        if (found == members_.end()) return std::nullopt;
        return static_cast<std::size_t>(found - members_.begin());
    }
    const std::size_t place = place_in_index(name);
    if (place == index_.size() || members_[index_[place]].name != name) return std::nullopt;
    return index_[place];
}

const Value* Object::find(std::string_view name) const {
    const auto position = position_of(name);
    return position ? &members_[*position].value : nullptr;
}

Value* Object::find(std::string_view name) {
    const auto position = position_of(name);
    return position ? &members_[*position].value : nullptr;
}

void Object::append(std::string_view name, Value value) {
    ONPUT_CHECK(std::in_range<std::uint32_t>(members_.size()));
    const auto position = static_cast<std::uint32_t>(members_.size());
    if (!index_.empty()) {
        const auto place = static_cast<std::ptrdiff_t>(place_in_index(name));
        index_.insert(index_.begin() + place, position);
    }
    members_.push_back({.name = std::string(name), .value = std::move(value)});
    if (index_.empty()) rebuild_index();
}

Value& Object::operator[](std::string_view name) {
    if (Value* found = find(name)) return *found;
    append(name, Value());
    return members_.back().value;
}

bool Object::emplace(std::string_view name, Value value) {
    if (contains(name)) return false;
    append(name, std::move(value));
    return true;
}

bool Object::erase(std::string_view name) {
    const auto position = position_of(name);
    if (!position) return false;
    members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(*position));
    rebuild_index();
    return true;
}

bool Object::rename(std::string_view from, std::string_view to) {
    const auto position = position_of(from);
    if (!position || contains(to)) return false;
    members_[*position].name = to;
    rebuild_index();
    return true;
}

void Object::sort() {
    if (std::ranges::is_sorted(members_, {}, &Member::name)) return;
    std::ranges::sort(members_, {}, &Member::name);
    rebuild_index();
}

bool operator==(const Object& one, const Object& other) {
    if (one.size() != other.size()) return false;
    return std::ranges::all_of(one, [&other](const Member& member) {
        const Value* same = other.find(member.name);
        return same != nullptr && *same == member.value;
    });
}

std::optional<double> Value::real() const {
    if (const auto* held = std::get_if<double>(&held_)) return *held;
    if (const auto* held = integer()) return static_cast<double>(*held);
    return std::nullopt;
}

const Value* Value::find(std::string_view name) const {
    const Object* members = object();
    return members != nullptr ? members->find(name) : nullptr;
}

std::string Value::text_of(std::string_view name) const {
    const Value* member = find(name);
    const std::string* held = member != nullptr ? member->text() : nullptr;
    return held != nullptr ? *held : std::string();
}

Value& Value::operator[](std::string_view name) {
    if (is_null()) held_ = Object();
    Object* members = object();
    ONPUT_CHECK(members != nullptr);
    return (*members)[name];
}

void Value::push_back(Value item) {
    if (is_null()) held_ = Array();
    Array* items = array();
    ONPUT_CHECK(items != nullptr);
    items->push_back(std::move(item));
}

}  // namespace onput::json
