#include "services/ctl/cli.hpp"

int main(int argc, char** argv) {
    return onput::ctl::run(argc, argv);
}
