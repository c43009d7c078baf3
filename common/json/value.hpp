// Value: JSON as a tree. Objects keep the order of their members, and have each name once.
//
//     const auto document = json::read(text);                    // reader.hpp
//     if (!document) return refuse(json::explain(document.error()));
//     const json::Value* size = document->find("size");          // Null: no such member.
//     const std::int64_t* bytes = size != nullptr ? size->integer() : nullptr;
//
//     json::Value made;                                           // writer.hpp
//     made["name"] = "a";
//     made["sizes"].push_back(3);
//     json::write(made);                                          // {"name":"a","sizes":[3]}
//
// A plain value: copied as a whole, used by one thread at a time. A reference to a member or an
// item ends with the next addition beside it, as in a vector.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace onput::json {

class Value;
struct Member;

// The members of an object in the order in which they were added. Names are searched one by one up
// to `searched_members_max` members, and by a sorted index above: a lookup is O(log n), whoever
// chose the names. Adding one to a large object moves the index, four bytes a member.
class Object {
public:
    static constexpr std::size_t searched_members_max = 16;

    Object();
    Object(std::initializer_list<Member> members);
    // Of members with the same name, the last one's value in the first one's place.
    explicit Object(std::vector<Member> members);
    Object(const Object& other);
    Object(Object&& other) noexcept;
    Object& operator=(const Object& other);
    Object& operator=(Object&& other) noexcept;
    ~Object();

    [[nodiscard]] std::size_t size() const;
    [[nodiscard]] bool empty() const;
    [[nodiscard]] bool contains(std::string_view name) const { return find(name) != nullptr; }

    // Null when there is no such member.
    [[nodiscard]] const Value* find(std::string_view name) const;
    [[nodiscard]] Value* find(std::string_view name);

    // The member, added at the end as null if there is none.
    Value& operator[](std::string_view name);
    // Adds a member at the end; false, and nothing changes, when there is one of this name.
    bool emplace(std::string_view name, Value value);
    bool erase(std::string_view name);
    // A name that is there keeps its place; false when `from` is not there, or `to` is.
    bool rename(std::string_view from, std::string_view to);

    template <typename Predicate>
    void erase_if(Predicate is_unwanted);

    // Puts the members in the order of their names, byte by byte.
    void sort();

    [[nodiscard]] const Member* begin() const;
    [[nodiscard]] const Member* end() const;

    // For the values alone: a changed name would not be found.
    template <typename Change>
    void for_each(Change change);

    // Whatever the order.
    friend bool operator==(const Object& one, const Object& other);

private:
    // The place of a name in `index_`: the first that is not less.
    [[nodiscard]] std::size_t place_in_index(std::string_view name) const;
    [[nodiscard]] std::optional<std::size_t> position_of(std::string_view name) const;
    void append(std::string_view name, Value value);
    void rebuild_index();
    void merge_repeated();

    std::vector<Member> members_;
    std::vector<std::uint32_t> index_;  // Of members_, by name; empty while they are few.
};

// The name of a member that is there twice; null when none is.
const std::string* find_repeated_name(const std::vector<Member>& members);

class Value {
public:
    using Array = std::vector<Value>;
    using Object = json::Object;

    Value() = default;  // null
    // NOLINTBEGIN(google-explicit-constructor): a tree is written as its leaves are.
    Value(std::string text) : held_(std::move(text)) {}
    Value(std::string_view text) : held_(std::string(text)) {}
    Value(const char* text) : held_(std::string(text)) {}
    Value(Array array) : held_(std::move(array)) {}
    Value(Object object) : held_(std::move(object)) {}
    // Templates, because pointers would become flags and flags numbers, unasked.
    template <std::same_as<bool> T>
    Value(T flag) : held_(flag) {}
    template <std::floating_point T>
    Value(T number) : held_(static_cast<double>(number)) {}
    // A number that is no int64 becomes the real nearest to it.
    template <std::integral T>
        requires(!std::same_as<T, bool>)
    Value(T number) {
        if (std::in_range<std::int64_t>(number)) {
            held_ = static_cast<std::int64_t>(number);
        } else {
            held_ = static_cast<double>(number);
        }
    }
    // NOLINTEND(google-explicit-constructor)

    // Exactly what the value is; null when it is something else.
    [[nodiscard]] bool is_null() const { return std::holds_alternative<std::monostate>(held_); }
    [[nodiscard]] const std::string* text() const { return std::get_if<std::string>(&held_); }
    [[nodiscard]] const bool* flag() const { return std::get_if<bool>(&held_); }
    // Written without fraction and exponent.
    [[nodiscard]] const std::int64_t* integer() const { return std::get_if<std::int64_t>(&held_); }
    [[nodiscard]] const Array* array() const { return std::get_if<Array>(&held_); }
    [[nodiscard]] Array* array() { return std::get_if<Array>(&held_); }
    [[nodiscard]] const Object* object() const { return std::get_if<Object>(&held_); }
    [[nodiscard]] Object* object() { return std::get_if<Object>(&held_); }
    // Any number.
    [[nodiscard]] std::optional<double> real() const;

    // A member; null when there is none, or this is no object.
    [[nodiscard]] const Value* find(std::string_view name) const;
    // The text of a member; "" when there is none, or it is something else.
    [[nodiscard]] std::string text_of(std::string_view name) const;

    // A null becomes an object first, or an array. Nothing else may be asked.
    Value& operator[](std::string_view name);
    void push_back(Value item);

    friend bool operator==(const Value&, const Value&) = default;

private:
    std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> held_;
};

struct Member {
    std::string name;
    Value value;

    friend bool operator==(const Member&, const Member&) = default;
};

// ---- what needs the whole types

template <typename Predicate>
void Object::erase_if(Predicate is_unwanted) {
    if (std::erase_if(members_, is_unwanted) > 0) rebuild_index();
}

template <typename Change>
void Object::for_each(Change change) {
    for (Member& member : members_) change(std::as_const(member.name), member.value);
}

// NOLINTBEGIN(readability-redundant-inline-specifier): defaulted behind the class, they are not.
inline Object::Object() = default;
inline Object::Object(const Object& other) = default;
inline Object::Object(Object&& other) noexcept = default;
inline Object& Object::operator=(const Object& other) = default;
inline Object& Object::operator=(Object&& other) noexcept = default;
inline Object::~Object() = default;
// NOLINTEND(readability-redundant-inline-specifier)
inline std::size_t Object::size() const {
    return members_.size();
}
inline bool Object::empty() const {
    return members_.empty();
}
inline const Member* Object::begin() const {
    return members_.data();
}
inline const Member* Object::end() const {
    return members_.data() + members_.size();
}

}  // namespace onput::json
