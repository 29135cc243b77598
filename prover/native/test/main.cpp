#include "check.hpp"

int main(int argc, char** argv) { return zkmargin::test::runTests(argc, argv); }
