#include "services/ctl/setting.hpp"

#include <gtest/gtest.h>

namespace onput::ctl {
namespace {

TEST(Setting, a_services_own_variable_wins_over_everybodys) {
    const SettingName name{.service = "storage", .option = "free_bytes_min"};
    std::map<std::string, std::string> environment;
    EXPECT_EQ(setting_of(environment, name), "");
    environment["ONPUT_FREE_BYTES_MIN"] = "1";
    environment["ONPUT_QUEUE_FREE_BYTES_MIN"] = "3";
    EXPECT_EQ(setting_of(environment, name), "1");
    environment["ONPUT_STORAGE_FREE_BYTES_MIN"] = "2";
    EXPECT_EQ(setting_of(environment, name), "2");
    environment["ONPUT_STORAGE_FREE_BYTES_MIN"] = "";
    EXPECT_EQ(setting_of(environment, name), "1");
}

TEST(Setting, the_cold_directory_is_the_one_that_was_told_or_in_the_data_directory) {
    EXPECT_EQ(cold_directory("/data", "/mnt/cold/../colder"), "/mnt/colder");
    EXPECT_EQ(cold_directory("/data", ""), "/data/storage/cold");
}

}  // namespace
}  // namespace onput::ctl
