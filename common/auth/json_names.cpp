#include "common/auth/json_names.hpp"

#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace onput::auth {
namespace {

// Its functions are named by the parser, which stops when one returns false.
class NameWatcher final : public nlohmann::json_sax<nlohmann::json> {
public:
    bool null() override { return true; }
    bool boolean(bool) override { return true; }
    bool number_integer(number_integer_t) override { return true; }
    bool number_unsigned(number_unsigned_t) override { return true; }
    bool number_float(number_float_t, const string_t&) override { return true; }
    bool string(string_t&) override { return true; }
    bool binary(binary_t&) override { return true; }
    bool start_object(std::size_t) override {
        names_.emplace_back();
        return true;
    }
    bool key(string_t& name) override {
        repeated_ = !names_.back().insert(name).second;
        return !repeated_;
    }
    bool end_object() override {
        names_.pop_back();
        return true;
    }
    bool start_array(std::size_t) override { return true; }
    bool end_array() override { return true; }
    bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
        return false;
    }

    [[nodiscard]] bool repeated() const { return repeated_; }

private:
    std::vector<std::set<std::string>> names_;  // Of each object that is open.
    bool repeated_ = false;
};

}  // namespace

bool has_repeated_name(std::string_view json) {
    NameWatcher watcher;
    // Whether it is JSON is not asked here.
    static_cast<void>(nlohmann::json::sax_parse(json, &watcher));
    return watcher.repeated();
}

}  // namespace onput::auth
