window.drupalSettings={};
