// ONPUT_FIELDS(a, b, c): the field list of a message, in wire order. It expands to
//
//     template <typename Self, typename Visitor>
//     static void visit_fields(Self& self, Visitor&& field) {
//         field("a", self.a);
//         field("b", self.b);
//         field("c", self.c);
//     }
//
// so that a name and its field cannot differ. Append only: never reorder, remove or reuse.
#pragma once

#define ONPUT_PARENTHESES ()
#define ONPUT_EXPAND(...) ONPUT_EXPAND3(ONPUT_EXPAND3(ONPUT_EXPAND3(__VA_ARGS__)))
#define ONPUT_EXPAND3(...) ONPUT_EXPAND2(ONPUT_EXPAND2(ONPUT_EXPAND2(__VA_ARGS__)))
#define ONPUT_EXPAND2(...) ONPUT_EXPAND1(ONPUT_EXPAND1(ONPUT_EXPAND1(__VA_ARGS__)))
#define ONPUT_EXPAND1(...) __VA_ARGS__

#define ONPUT_VISIT_FIELD(name, ...) \
    field(#name, self.name);         \
    __VA_OPT__(ONPUT_VISIT_FIELD_AGAIN ONPUT_PARENTHESES(__VA_ARGS__))
#define ONPUT_VISIT_FIELD_AGAIN() ONPUT_VISIT_FIELD

#define ONPUT_FIELDS(...)                                                                     \
    template <typename Self, typename Visitor>                                                \
    static void visit_fields([[maybe_unused]] Self& self, [[maybe_unused]] Visitor&& field) { \
        __VA_OPT__(ONPUT_EXPAND(ONPUT_VISIT_FIELD(__VA_ARGS__)))                              \
    }
