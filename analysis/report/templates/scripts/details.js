// The details of a scenario: a row below its own, folded until its name is chosen, its address opened or its text found.
function startDetails() {
  for (const row of document.querySelectorAll(".overview tr.detail")) {
    const article = row.querySelector("article");
    const link = linkOf(article);
    showDetail(article, false);
    link.addEventListener("click", (event) => {
      event.preventDefault();
      showDetail(article, article.hasAttribute("hidden"));
      history.replaceState(null, "", link.hash);
    });
    article.addEventListener("beforematch", () => showDetail(article, true));
  }
}

function linkOf(article) {
  return article.closest("tr").previousElementSibling.querySelector("th a");
}

function showDetail(article, shown) {
  if (shown) article.removeAttribute("hidden");
  else article.setAttribute("hidden", "until-found");
  linkOf(article).setAttribute("aria-expanded", shown);
}
