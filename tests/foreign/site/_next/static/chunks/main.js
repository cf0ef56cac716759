// Stands for hydration: the page is built anew from its data, as the framework knows it, without anything put in since.
const data = document.getElementById("__NEXT_DATA__");
if (data) {
  const root = document.getElementById("__next");
  root.innerHTML = '<main><h1>Council votes on the winter budget</h1><div class="ShareBar_bar__7hG" id="rebuilt"><button>Share</button></div>' + JSON.parse(data.textContent).props.pageProps.article.body + "</main>";
  fetch("https://api.segment.io/v1/t").catch(() => {});
}
