#include "common/runtime/config.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <gtest/gtest.h>

namespace onput::runtime {
namespace {

struct TestConfig {
    std::string config;
    std::string data = "/var/lib/onput";
    std::uint16_t port = 4566;
    std::uint32_t request_timeout_ms = 30'000;
    std::uint64_t disk_bytes_max = 0;
    bool is_quiet = false;
    std::vector<std::string> endpoints = {"a", "b"};
    std::string access_secret;

    template <typename Self, typename Visitor>
    static void visit_options(Self& self, Visitor&& option) {
        option("config", self.config, "File.");
        option("data", self.data, "Directory of the store.");
        option("port", self.port, "Port.");
        option("request_timeout_ms", self.request_timeout_ms, "Time limit of one request.");
        option("disk_bytes_max", self.disk_bytes_max, "Bytes.");
        option("is_quiet", self.is_quiet, "Says less.");
        option("endpoints", self.endpoints, "Where to listen.");
        option("access_secret", self.access_secret, "Secret.");
    }
};

class ConfigTest : public testing::Test {
protected:
    ConfigTest() {
        std::string path = "/tmp/onput-config-XXXXXX";
        EXPECT_NE(::mkdtemp(path.data()), nullptr);
        folder = path;
        sources.service = "queue";
    }
    ~ConfigTest() override { std::filesystem::remove_all(folder); }

    std::string write(const std::string& name, const std::string& text) {
        const std::string path = folder + "/" + name;
        std::ofstream(path, std::ios::binary) << text;
        return path;
    }
    void file(const std::string& text) { sources.file = write("onput.toml", text); }
    Result<ConfigRequest> load() {
        auto options = options_of(config);
        return load_options(options, sources);
    }
    void load_well() {
        const auto loaded = load();
        EXPECT_TRUE(loaded) << loaded.error().message;
    }
    std::string faults() {
        const auto loaded = load();
        EXPECT_FALSE(loaded);
        if (loaded) return {};
        EXPECT_EQ(loaded.error().code, ErrorCode::invalid_argument);
        return loaded.error().message;
    }

    std::string folder;
    TestConfig config;
    ConfigSources sources;
};

TEST_F(ConfigTest, nothing_given_leaves_the_defaults) {
    load_well();
    EXPECT_EQ(config.port, 4566);
    EXPECT_EQ(config.endpoints, (std::vector<std::string>{"a", "b"}));
}

TEST_F(ConfigTest, flags_take_values_in_both_forms) {
    sources.arguments = {"--request-timeout-ms", "5", "--data=/x", "--is-quiet",
                         "--endpoints=c, d"};
    load_well();
    EXPECT_EQ(config.request_timeout_ms, 5U);
    EXPECT_EQ(config.data, "/x");
    EXPECT_TRUE(config.is_quiet);
    EXPECT_EQ(config.endpoints, (std::vector<std::string>{"c", "d"}));
}

TEST_F(ConfigTest, a_flag_can_be_turned_off) {
    config.is_quiet = true;
    sources.arguments = {"--is-quiet=false"};
    load_well();
    EXPECT_FALSE(config.is_quiet);
}

TEST_F(ConfigTest, the_last_of_a_repeated_flag_counts) {
    sources.arguments = {"--port=1", "--port=2"};
    load_well();
    EXPECT_EQ(config.port, 2);
}

TEST_F(ConfigTest, the_services_variable_wins_over_the_common_one) {
    sources.environment = {{"ONPUT_PORT", "1"}, {"ONPUT_QUEUE_PORT", "2"}};
    load_well();
    EXPECT_EQ(config.port, 2);
}

TEST_F(ConfigTest, flags_win_over_the_environment_and_that_over_the_file) {
    file("port = 1\nrequest_timeout_ms = 1\ndata = \"file\"\n");
    sources.environment = {{"ONPUT_PORT", "2"}, {"ONPUT_DATA", "environment"}};
    sources.arguments = {"--port=3"};
    load_well();
    EXPECT_EQ(config.port, 3);
    EXPECT_EQ(config.data, "environment");
    EXPECT_EQ(config.request_timeout_ms, 1U);
}

TEST_F(ConfigTest, the_services_table_wins_over_the_top_of_the_file) {
    file(
        "port = 1\n[queue]\nport = 2\nendpoints = [\"x\", \"y\"]\nis_quiet = true\n"
        "[storage]\nunheard_of = 3\n");
    load_well();
    EXPECT_EQ(config.port, 2);
    EXPECT_EQ(config.endpoints, (std::vector<std::string>{"x", "y"}));
    EXPECT_TRUE(config.is_quiet);
}

TEST_F(ConfigTest, the_file_is_named_by_flag_before_environment_before_default) {
    file("port = 1\n");
    const std::string by_environment = write("env.toml", "port = 2\n");
    const std::string by_flag = write("flag.toml", "port = 3\n");
    sources.environment = {{"ONPUT_CONFIG", by_environment}};
    load_well();
    EXPECT_EQ(config.port, 2);
    sources.arguments = {"--config", by_flag};
    load_well();
    EXPECT_EQ(config.port, 3);
    EXPECT_EQ(config.config, by_flag);
}

TEST_F(ConfigTest, an_empty_variable_counts_as_not_set) {
    sources.environment = {{"ONPUT_PORT", ""}, {"ONPUT_DATA", ""}};
    load_well();
    EXPECT_EQ(config.port, 4566);
    EXPECT_EQ(config.data, "/var/lib/onput");
}

TEST_F(ConfigTest, unknown_variables_are_left_to_other_services) {
    sources.environment = {{"ONPUT_STORAGE_UNHEARD_OF", "1"}, {"ONPUT_PROT", "1"}};
    load_well();
}

TEST_F(ConfigTest, a_value_can_come_from_a_file) {
    sources.environment = {{"ONPUT_ACCESS_SECRET_FILE", write("secret", "hush hush\n")}};
    load_well();
    EXPECT_EQ(config.access_secret, "hush hush");
}

TEST_F(ConfigTest, a_value_and_a_file_for_it_are_a_fault) {
    sources.environment = {{"ONPUT_ACCESS_SECRET", "a"},
                           {"ONPUT_ACCESS_SECRET_FILE", write("secret", "b")}};
    EXPECT_EQ(faults(), "ONPUT_ACCESS_SECRET and ONPUT_ACCESS_SECRET_FILE are both set");
}

TEST_F(ConfigTest, a_secret_file_that_is_absent_or_too_large_is_a_fault) {
    sources.environment = {{"ONPUT_ACCESS_SECRET_FILE", folder + "/none"}};
    EXPECT_NE(faults().find("No such file"), std::string::npos) << faults();
    sources.environment = {{"ONPUT_ACCESS_SECRET_FILE", write("big", std::string(70'000, 'x'))}};
    EXPECT_NE(faults().find("larger than"), std::string::npos) << faults();
}

TEST_F(ConfigTest, an_unknown_flag_names_the_nearest) {
    sources.arguments = {"--request-timout-ms=5"};
    EXPECT_EQ(faults(), "--request-timout-ms is not known; did you mean --request-timeout-ms?");
}

TEST_F(ConfigTest, an_unknown_key_names_the_nearest) {
    file("[queue]\nprot = 5\n");
    EXPECT_NE(faults().find("key prot is not known; did you mean port?"), std::string::npos);
}

TEST_F(ConfigTest, a_table_that_is_ours_but_for_a_slip_is_a_fault) {
    file("[queues]\nport = 5\n");
    EXPECT_NE(faults().find("did you mean [queue]?"), std::string::npos);
}

TEST_F(ConfigTest, all_faults_are_told_at_once) {
    file("prot = 1\n[queue]\nport = 1979-05-27\n");
    sources.environment = {{"ONPUT_REQUEST_TIMEOUT_MS", "soon"}};
    sources.arguments = {"--nothing", "word", "--port=70000", "--is-quiet=maybe", "--data"};
    const std::string message = faults();
    EXPECT_EQ(std::ranges::count(message, '\n'), 7) << message;
}

TEST_F(ConfigTest, numbers_are_whole_and_in_range) {
    for (const std::string value : {"", "-1", "1.5", "1x", " 1", "65536", "0x10", "+1"}) {
        sources.arguments = {"--port=" + value};
        EXPECT_NE(faults(), "") << value;
    }
    sources.arguments = {"--disk-bytes-max=18446744073709551615", "--port=65535"};
    load_well();
    EXPECT_EQ(config.disk_bytes_max, ~std::uint64_t{0});
}

TEST_F(ConfigTest, a_file_that_is_no_toml_says_where) {
    file("port = 1\nport = = 2\n");
    EXPECT_NE(faults().find("onput.toml:2:"), std::string::npos) << faults();
}

TEST_F(ConfigTest, a_file_that_is_absent_or_a_folder_is_a_fault) {
    sources.arguments = {"--config=" + folder + "/none.toml"};
    EXPECT_NE(faults(), "");
    sources.arguments = {"--config=" + folder};
    EXPECT_NE(faults(), "");
}

TEST_F(ConfigTest, help_and_version_are_given_whatever_else_is_wrong) {
    sources.arguments = {"--nothing", "--help"};
    EXPECT_TRUE(load()->help_wanted);
    sources.arguments = {"--version"};
    EXPECT_TRUE(load()->version_wanted);
}

TEST_F(ConfigTest, help_names_each_option_with_its_default) {
    const auto options = options_of(config);
    const std::string text = help_text("queue", options);
    EXPECT_NE(text.find("--request-timeout-ms VALUE"), std::string::npos) << text;
    EXPECT_NE(text.find("[30000]"), std::string::npos) << text;
    EXPECT_NE(text.find("ONPUT_QUEUE_OPTION_NAME"), std::string::npos) << text;
}

TEST_F(ConfigTest, an_option_shows_its_value_as_it_is_now) {
    const auto options = options_of(config);
    config.endpoints = {"x", "y"};
    config.is_quiet = true;
    EXPECT_EQ(options[6].show(), "x,y");
    EXPECT_EQ(options[5].show(), "true");
}

}  // namespace
}  // namespace onput::runtime
