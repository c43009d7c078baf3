// The bytes of every released message version, in messages.txt: one line "kind version hex" each.
// Lines stay for ever: what a store or a peer of then wrote must be read now.
//
//   golden_test --print     prints lines for messages, or versions of them, that have none yet
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include <gtest/gtest.h>

#include "common/base/encoding.hpp"
#include "tests/common/schema/sample.hpp"

namespace onput::schema {
namespace {

constexpr const char* table_path = "tests/golden/messages.txt";
constexpr std::uint64_t golden_seed = 20'260'101;

using Key = std::pair<int, int>;  // Kind, version.

const std::map<Key, std::string>& table() {
    static const std::map<Key, std::string> lines = [] {
        std::map<Key, std::string> read;
        std::ifstream in(table_path);
        std::string line;
        while (std::getline(in, line)) {
            if (line.empty() || line[0] == '#') continue;
            std::istringstream words(line);
            Key key;
            std::string hex;
            words >> key.first >> key.second >> hex;
            const auto bytes = from_hex(hex);
            if (words.fail() || !bytes || !read.emplace(key, *bytes).second) {
                std::cerr << "bad or repeated line: " << line << "\n";
                std::abort();
            }
        }
        return read;
    }();
    return lines;
}

template <typename M>
Key key_of() {
    return {static_cast<int>(M::info.kind), M::info.version};
}

template <typename M>
M golden() {
    return sample<M>(SampleStyle::representative, golden_seed);
}

// Is `then` in `now`: the same values in the same places, with more behind them at most?
bool is_kept(const Value& then, const Value& now) {
    if (const auto size = then.array_size()) {
        if (now.array_size().value_or(0) < *size) return false;
        for (std::size_t i = 0; i < *size; ++i) {
            if (!is_kept(then.at(i), now.at(i))) return false;
        }
        return true;
    }
    if (const auto size = then.map_size()) {
        if (now.map_size() != size) return false;
        for (std::size_t i = 0; i < *size; ++i) {
            if (then.entry(i).first.text() != now.entry(i).first.text()) return false;
            if (!is_kept(then.entry(i).second, now.entry(i).second)) return false;
        }
        return true;
    }
    return then.is_nil() == now.is_nil() && then.boolean() == now.boolean() &&
           then.integer() == now.integer() && then.natural() == now.natural() &&
           then.real() == now.real() && then.text() == now.text();
}

TEST(Golden, every_message_has_a_line_for_its_version) {
    for_each_message([]<typename M>(std::type_identity<M> type) {
        EXPECT_TRUE(table().contains(key_of<M>()))
            << name_of(type) << ": add the line that golden_test --print shows";
    });
}

TEST(Golden, every_line_is_of_a_message_that_is_still_there) {
    std::map<int, int> versions;
    for_each_message([&]<typename M>(std::type_identity<M>) {
        versions[key_of<M>().first] = key_of<M>().second;
    });
    for (const auto& [key, bytes] : table()) {
        EXPECT_TRUE(versions.contains(key.first)) << "kind " << key.first;
        EXPECT_LE(key.second, versions[key.first]) << "kind " << key.first;
    }
}

TEST(Golden, todays_messages_are_written_as_they_were) {
    for_each_message([]<typename M>(std::type_identity<M> type) {
        const auto line = table().find(key_of<M>());
        if (line == table().end()) return;
        EXPECT_EQ(to_hex(encode(golden<M>())), to_hex(line->second)) << name_of(type);
    });
}

TEST(Golden, todays_bytes_are_read_as_they_were_meant) {
    for_each_message([]<typename M>(std::type_identity<M> type) {
        const auto line = table().find(key_of<M>());
        if (line == table().end()) return;
        const auto read = decode<M>(line->second);
        ASSERT_TRUE(read) << name_of(type) << ": " << read.error().message;
        EXPECT_EQ(*read, golden<M>()) << name_of(type);
    });
}

TEST(Golden, older_bytes_are_read_and_lose_nothing) {
    for_each_message([]<typename M>(std::type_identity<M> type) {
        for (const auto& [key, bytes] : table()) {
            if (key.first != key_of<M>().first || key.second >= key_of<M>().second) continue;
            const auto read = decode<M>(bytes);
            ASSERT_TRUE(read) << name_of(type) << " version " << key.second;
            const std::string again = encode(*read);
            const auto then = Document::parse(bytes);
            const auto now = Document::parse(again);
            EXPECT_TRUE(is_kept(then->root().at(3), now->root().at(3)))
                << name_of(type) << " version " << key.second;
        }
    });
}

void print_missing_lines() {
    for_each_message([]<typename M>(std::type_identity<M>) {
        const Key key = key_of<M>();
        if (table().contains(key)) return;
        std::cout << key.first << ' ' << key.second << ' ' << to_hex(encode(golden<M>())) << '\n';
    });
}

}  // namespace
}  // namespace onput::schema

int main(int argc, char** argv) {
    if (argc == 2 && std::string_view(argv[1]) == "--print") {
        onput::schema::print_missing_lines();
        return 0;
    }
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
