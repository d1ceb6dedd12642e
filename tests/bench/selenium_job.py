"""What `lamp` does through Chrome, as one would write it with Selenium: start, restore, wait for a token, read, quit.

Does it once for every line on standard input, and prints how many seconds it took.
"""

import json
import os
import sys
import time

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait


def job(site, cookies):
    options = Options()
    options.binary_location = "/usr/bin/chromium"
    options.page_load_strategy = "eager"
    options.add_argument("--headless=new")
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    try:
        driver.execute_cdp_cmd("Network.enable", {})
        driver.execute_cdp_cmd("Network.setCookies", {"cookies": cookies})
        driver.get(site + "/")
        wait = WebDriverWait(driver, 30, poll_frequency=0.01)
        token = wait.until(lambda driver: driver.execute_script("return localStorage.getItem('access_token')"))
        storage = driver.execute_script("return JSON.stringify([localStorage, sessionStorage])")
        kept = driver.execute_cdp_cmd("Network.getAllCookies", {})["cookies"]
        assert token and storage and kept
    finally:
        driver.quit()


def main():
    site = sys.argv[1]
    with open(os.environ["LAMPLIGHTER_BENCH_COOKIES"], encoding="utf-8") as file:
        cookies = json.load(file)
    for _ in sys.stdin:
        start = time.perf_counter()
        job(site, cookies)
        print(time.perf_counter() - start, flush=True)


main()
